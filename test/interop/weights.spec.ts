// Goal: models of transformers and open_clip give here what they give there, and what is written is the same model.
// Method: small models that the tools wrote (make_fixtures.py), with the embeddings that they computed. Each is read,
// written in the other formats and read again; its text tower runs as an exported ONNX file too.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { ort } from '#engine/run/onnxruntime/onnxruntime.js';
import { textModel } from '#inference/export/onnx-models.js';
import { exportWarnings, type WeightFormat } from '#model/formats/export-plan.js';
import { openModelWeights } from '#weights/model-weights.js';
import { writeWeights } from '#weights/write-weights.js';
import { distance, tokenTensor } from './embeddings.js';
import { expectedFile, expectModelAt, fixture } from './fixtures.js';

let folder: string;
let device: Device;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-interop-'));
  device = await openDevice({ kind: 'cpu', threads: 1 });
});
afterAll(async () => {
  await device.close();
  await rm(folder, { recursive: true });
});

const models = [
  'hf-end-in-the-middle',
  'hf-legacy-end',
  'hf-added-tokens',
  'oc-custom-text',
  'oc-end-by-id',
  'oc-reads-last',
  'oc-keys-of-training',
];

describe.each(models)('%s', (model) => {
  it('gives the embeddings of the tool that wrote it', async () => {
    await expectModelAt(fixture(model), model, device);
  });

  it.each<WeightFormat>(['open_clip', 'huggingface'])(
    'is the same model as %s, or it is said not to be',
    async (format) => {
      const weights = await openModelWeights(fixture(model));
      const out = join(folder, `${model}-${format}`);
      const isRefused = format === 'huggingface' && model === 'oc-reads-last'; // It has no place for biases.
      const writing = writeWeights(weights, out, { format, dtype: 'float32' });
      if (isRefused) await expect(writing).rejects.toThrow('has no place for 3 of');
      else {
        await writing;
        expect(exportWarnings(weights.config, format)).toEqual([]);
        await expectModelAt(out, model, device);
      }
      await weights.close();
    },
  );

  it('is the same text tower as ONNX', async () => {
    const weights = await openModelWeights(fixture(model));
    const parameters: Record<string, Float32Array> = {};
    for (const name of weights.parameters) parameters[name] = await weights.read(name);
    const session = await ort.InferenceSession.create(textModel({ config: weights.config, parameters }));
    const { data, shape } = tokenTensor(expectedFile.models[model]!.tokens);
    const ids = new ort.Tensor('int64', BigInt64Array.from(data as Int32Array, BigInt), [...shape]);
    const { text_embeds: embeddings } = await session.run({ input_ids: ids });
    expect(distance(embeddings!.data as Float32Array, expectedFile.models[model]!.text)).toBeLessThan(1e-5);
    await session.release();
    await weights.close();
  });
});

it('a file that is named has the config that its folder has', async () => {
  const named: [string, string][] = [
    ['hf-end-in-the-middle', 'model.safetensors'],
    ['oc-custom-text', 'open_clip_model.safetensors'],
  ];
  for (const [model, file] of named) {
    await expectModelAt(fixture(`${model}/${file}`), model, device);
  }
});

describe('refused by name', () => {
  it.each<[string, RegExp]>([
    ['hf-no-end', /40 tokens whose end token is 49407: expected text_config\.eos_token_id below 40/],
    ['hf-odd-patches', /vision_cfg\.patch_size: expected a divisor of image_size 9, got 4/],
  ])('%s', async (model, message) => {
    await expect(openModelWeights(fixture(model))).rejects.toThrow(message);
  });
});
