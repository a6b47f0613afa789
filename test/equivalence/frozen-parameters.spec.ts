// Goal: frozen parameters keep their bits and cost nothing; the others are trained as plain tfjs trains them.
// Method: real workers and a real Redis; the journal and the checkpoint show which tensors were sent.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDevice } from '#engine/run/open-device.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { modelTensors, parameterSpecs } from '#model/parameters/parameters.js';
import { preset } from '#model/zoo/presets.js';
import type { RunConfig, RunConfigInput } from '#protocol/run/run-config.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { openStore } from '#store/open-store.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { openEncoder } from '#encoder/encoder.js';
import { startPool, type TestPool } from '../support/pool.js';
import { recordJournal } from '../support/recorded-journal.js';
import { writeTinyData } from '../support/models/tiny-data.js';
import { tinyResNet, tinyRun } from '../support/models/tiny-run.js';
import { trainPlainly } from './plain-training.js';

let directory: string;
let pool: TestPool;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tandem-frozen-'));
  await writeTinyData(join(directory, 'data'));
  pool = await startPool();
  await pool.addWorker();
  await pool.addWorker();
});
afterAll(async () => {
  await pool.stop();
  await rm(directory, { recursive: true });
});

interface Outcome {
  readonly parameters: Record<string, Float32Array>;
  readonly moments: readonly string[];
  /** The names of the tensors in the journal's gradients. */
  readonly gradients: readonly string[];
}

async function outcomeOf(id: string, config: RunConfig): Promise<Outcome> {
  const { store, gradients } = recordJournal(openStore(join(directory, 'store')));
  await pool.train({ id, config, store });
  const { blobs } = await readCheckpoint(store, (await latestCheckpoint(store, runKeys(id).checkpoints))!.folder);
  const journal = new Set(gradients.flatMap((bytes) => Object.keys(float32Values(bytes))));
  return {
    parameters: float32Values(blobs['parameters.safetensors']!),
    moments: Object.keys(float32Values(blobs['optimizer.safetensors']!)),
    gradients: [...journal].sort(),
  };
}

const run = (train: RunConfigInput['train'], changes: Partial<RunConfigInput> = {}): RunConfig =>
  tinyRun(join(directory, 'data'), { train, shards: 3, microBatch: 2, ...changes });
const names = parameterSpecs(tinyRun('data').model).map(({ name }) => name);

describe('frozen parameters', () => {
  it.each<[string, NonNullable<RunConfigInput['train']>, (name: string) => boolean]>([
    ['LiT: the image tower is locked', { freeze: ['image'] }, (name) => !name.startsWith('visual.')],
    ['the text tower is locked', { freeze: ['text'] }, (name) => /^(visual\.|logit_scale)/.test(name)],
    [
      'some parameters of both towers',
      { only: ['visual.proj', '*.resblocks.1.ln_2.*', 'text_projection'] },
      (name) => /^visual\.proj$|\.resblocks\.1\.ln_2\.|^text_projection$/.test(name),
    ],
    ['all but some', { freeze: ['*.bias', 'logit_scale'] }, (name) => !/\.bias$|^logit_scale$/.test(name)],
    ['nothing but the scale', { only: ['logit_scale'] }, (name) => name === 'logit_scale'],
  ])(
    '%s: the others get the values of plain tfjs, and only they have gradients and moments',
    async (title, train, isTrained) => {
      const config = run(train);
      const start = initialParameters(config.model, config.seed);
      const { parameters, moments, gradients } = await outcomeOf(title.replaceAll(/\W+/g, '-').toLowerCase(), config);
      const plain = await trainPlainly(config, { isTrained });
      const trained = names.filter(isTrained).sort();
      expect(gradients).toEqual(trained);
      expect([...moments].sort()).toEqual(
        [...trained.map((name) => `exp_avg/${name}`), ...trained.map((name) => `exp_avg_sq/${name}`)].sort(),
      );
      for (const name of names) {
        const got = parameters[name]!;
        if (!isTrained(name)) {
          expect(Buffer.compare(bytesOf(got), bytesOf(start[name]!)), name).toBe(0);
          continue;
        }
        const largest = plain.parameters[name]!.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
        got.forEach((value, i) =>
          expect(Math.abs(value - plain.parameters[name]![i]!) / largest, name).toBeLessThan(1e-5),
        );
        expect(Buffer.compare(bytesOf(got), bytesOf(start[name]!)), name).not.toBe(0);
      }
    },
  );

  it('a locked ResNet keeps its running statistics too, and is evaluated with them', async () => {
    const config = run({ freeze: ['image'] }, { model: tinyResNet, steps: 3 });
    const start = initialParameters(config.model, config.seed);
    const { parameters, gradients } = await outcomeOf('locked-resnet', config);
    const locked = modelTensors(config.model)
      .filter(({ tower }) => tower === 'image')
      .map(({ name }) => name);
    expect(locked.some((name) => name.endsWith('.running_mean'))).toBe(true);
    expect(gradients.filter((name) => locked.includes(name))).toEqual([]);
    for (const name of locked) expect(Buffer.compare(bytesOf(parameters[name]!), bytesOf(start[name]!)), name).toBe(0);
    expect(Buffer.compare(bytesOf(parameters['text_projection']!), bytesOf(start['text_projection']!))).not.toBe(0);
  });

  it('J1: a run with a locked tower that is cut short and resumed ends with the same bits', async () => {
    const config = run({ freeze: ['image'] }, { checkpoint: { everySteps: 2 } });
    const whole = await outcomeOf('locked-whole', config);
    const store = openStore(join(directory, 'store'));
    const ending = new AbortController();
    const cut = pool.train({
      id: 'locked-cut',
      config,
      store,
      signal: ending.signal,
      onEvent: (event) => void (event.kind === 'step' && event.metrics.step === 3 && ending.abort()),
    });
    await expect(cut).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await outcomeOf('locked-cut', config)).parameters).toEqual(whole.parameters);
  });

  it('activations below the lowest trainable parameter are not kept', async () => {
    const device = await openDevice({ kind: 'cpu', threads: 1 });
    const model = preset('ViT-S-32-alt')!;
    const bytes = async (trainable?: readonly string[]): Promise<number> => {
      const tower = await openEncoder(device, model, 'text', trainable ? { trainable } : {});
      const needed = await tower.stashBytes(2);
      await tower.close();
      return needed;
    };
    const all = await bytes();
    expect(await bytes(['text_projection'])).toBeLessThan(all / 50);
    expect(await bytes(['transformer.resblocks.9.mlp.c_proj.weight'])).toBeLessThan(all / 5);
    await device.close();
  });
});

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
