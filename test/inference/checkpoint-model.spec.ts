// Goal: opening a checkpoint gives the model that was stored, and each thing that can be wrong with one gets a clear
// error. Method: checkpoints of a tiny model are written to a directory and then damaged, each in one way.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openTfjsDevice } from '#engine/run/tfjs/tfjs-device.js';
import { openCheckpointAt } from '#inference/checkpoint-model.js';
import { openClipModel } from '#inference/clip-model.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { writeCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { encodeFloat32, type Float32Tensor } from '#store/safetensors/safetensors.js';
import { tinyClipConfig as config, tinyTokenizer } from '../support/models/tiny-clip.js';

const parameters = initialParameters(config, 3);
const tokenizer = tinyTokenizer();
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

let directory: string;
let device: Device;
let runs = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-checkpoint-'));
  device = await openTfjsDevice();
});
afterAll(async () => {
  await device.close();
  await rm(directory, { recursive: true });
});

describe('checkpoint model', () => {
  it('C2 is the model that was stored, bit for bit', async () => {
    const stored = await openCheckpointAt(await writeRun(), { device, batch: 3 });
    const kept = await openClipModel({ config, parameters, tokenizer, device, batch: 3 });
    expect([stored.step, stored.version, stored.batch]).toEqual([500, kept.version, 3]);
    expect(stored.url).toMatch(/^file:.*\/checkpoints\/000000500\.000000001$/);
    const texts = ['red square', 'blue'];
    expect(await stored.embedTexts(texts)).toEqual(await kept.embedTexts(texts));
  });

  it('C2 says that there is nothing, half a checkpoint, or a folder of them', async () => {
    const folder = await writeRun();
    await expect(openCheckpointAt(join(directory, 'nowhere'), { device })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/nowhere, found nothing/) as string,
    });
    await expect(openCheckpointAt(join(folder, '..'), { device })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('a folder that holds checkpoints') as string,
      help: expect.stringContaining('/000000500') as string,
    });
    await rm(join(folder, 'manifest.json'));
    await expect(openCheckpointAt(folder, { device })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/parameters\.safetensors.* but no manifest\.json/) as string,
    });
  });

  it('names a blob whose bytes are not those of the manifest', async () => {
    const folder = await writeRun();
    const file = join(folder, checkpointBlobs.parameters);
    const bytes = await readFile(file);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(file, bytes);
    await expect(openCheckpointAt(folder, { device })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/parameters\.safetensors.*sha256/) as string,
    });
  });

  it('names every tensor that is missing, misshapen or foreign', async () => {
    const { 'visual.proj': projection, 'ln_final.bias': bias, ...rest } = tensorsOf(parameters);
    expect(bias).toBeDefined();
    const turned = {
      ...rest,
      'visual.proj': { ...projection!, shape: [12, 16] },
      extra: { shape: [1], data: Float32Array.of(1) },
    };
    const folder = await writeRun({ [checkpointBlobs.parameters]: encodeFloat32(turned) });
    const opened = openCheckpointAt(folder, { device });
    await expect(opened).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await expect(opened).rejects.toThrow(
      /visual\.proj: expected \[16, 12\], got \[12, 16\]; ln_final\.bias is missing; extra is not a parameter/,
    );
  });

  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    [
      'a config that is not valid JSON',
      { [checkpointBlobs.config]: new TextEncoder().encode('{') },
      /config\.json is not valid JSON/,
    ],
    ['a config without a model', { [checkpointBlobs.config]: json({ name: 'x' }) }, /config\.json holds no model/],
    ['a tokenizer of another kind', { [checkpointBlobs.tokenizer]: json({ format: 'other' }) }, /tokenizer document/],
    [
      'a tokenizer of another vocabulary',
      { [checkpointBlobs.tokenizer]: json({ ...tokenizer.document, vocabulary: 600 }) },
      /expected .*540.*, got one of 600/i,
    ],
  ])('refuses %s', async (_, blobs, message) => {
    await expect(openCheckpointAt(await writeRun(blobs), { device })).rejects.toThrow(message);
  });
});

/** Write a checkpoint with some blobs replaced. Returns its directory. */
async function writeRun(replaced: Readonly<Record<string, Uint8Array>> = {}): Promise<string> {
  const root = join(directory, `run-${(runs += 1)}`);
  const document: { model: ClipConfig; modelName: string } = { model: config, modelName: 'custom' };
  const folder = await writeCheckpoint(
    openStore(root),
    'checkpoints',
    { step: 500, epoch: 1 },
    {
      [checkpointBlobs.parameters]: encodeFloat32(tensorsOf(parameters)),
      [checkpointBlobs.tokenizer]: json(tokenizer.document),
      [checkpointBlobs.config]: json(document),
      ...replaced,
    },
  );
  return join(root, folder);
}

function tensorsOf(values: Readonly<Record<string, Float32Array>>): Record<string, Float32Tensor> {
  return Object.fromEntries(parameterSpecs(config).map(({ name, shape }) => [name, { shape, data: values[name]! }]));
}
