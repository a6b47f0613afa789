// Goal: a step is taken completely or not at all. Method: the step in one process, on a tiny model, with a journal that
// can be made to fail.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { madeUpSamples } from '#encoder/made-up-values.js';
import type { Device } from '#engine/device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { defaultLoss } from '#protocol/run/loss-config.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { openOneProcessStep, type OneProcessStep } from './one-process-step.js';
import { trainingState, type TrainingState } from './state/training-state.js';

const model: ClipConfig = {
  embed_dim: 8,
  quick_gelu: false,
  vision_cfg: { image_size: 16, layers: 1, width: 16, patch_size: 8, head_width: 8, mlp_ratio: 2 },
  text_cfg: { context_length: 8, vocab_size: 32, width: 16, heads: 2, layers: 1, mlp_ratio: 2 },
};
const optimizer = {
  kind: 'adamw',
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-6,
  weightDecay: 0.2,
} as const;
const config = {
  ...{ model, batch: 6, shards: 3, shardSize: undefined, train: undefined, optimizer, steps: 10 },
  precision: 'float32',
  loss: defaultLoss(model),
  schedule: { kind: 'constant', warmupSteps: 0 },
} as const;

let device: Device;
let step: OneProcessStep;
let journalled: number[];
let journalFails: boolean;
beforeAll(async () => {
  device = openOrtDevice({ kind: 'cpu', threads: 1 });
  step = await openOneProcessStep({
    device,
    config,
    nowMs: () => 0,
    async load() {
      const [image, text] = [madeUpSamples(model, 'image', 2), madeUpSamples(model, 'text', 2)];
      const hashes = new Uint8Array(2 * pairHashBytes);
      return {
        pairs: 2,
        micro: [{ image, text }],
        keys: { captionKeys: hashes, imageKeys: hashes },
        skipped: [],
        longCaptions: 0,
      };
    },
    async journal(number) {
      if (journalFails) throw new Error('the disk is full');
      journalled.push(number);
    },
  });
});
afterAll(async () => {
  await step.close();
  await device.close();
});

function start(): TrainingState {
  [journalled, journalFails] = [[], false];
  return trainingState({ specs: parameterSpecs(model) }, 0, { parameters: initialParameters(model, 3) });
}

it('C1: if the journal fails, the state is as it was, and the step when taken again gives the same bits', async () => {
  const [undisturbed, disturbed] = [start(), start()];
  const expected = (await step.take(undisturbed)).state;
  const [parameters, moments] = [disturbed.parameters.slice(), disturbed.moments.slice()];
  journalFails = true;
  await expect(step.take(disturbed)).rejects.toThrow('the disk is full');
  expect(disturbed).toMatchObject({ step: 0 });
  expect(Buffer.compare(disturbed.parameters, parameters)).toBe(0);
  expect(Buffer.compare(disturbed.moments, moments)).toBe(0);

  journalFails = false;
  const { state } = await step.take(disturbed);
  expect(state.step).toBe(1);
  expect(Buffer.compare(state.parameters, expected.parameters)).toBe(0);
  expect(Buffer.compare(state.moments, expected.moments)).toBe(0);
});

it('kept and recomputed activations give the same bits', async () => {
  const [kept, again] = [await step.take(start(), 'stash'), await step.take(start(), 'recompute')];
  expect(Buffer.compare(kept.state.parameters, again.state.parameters)).toBe(0);
});

it('N1: a loss that is not finite ends the step before the journal and the update, and names the pair', async () => {
  const state = start();
  float32Values(state.parameters)['visual.proj']![0] = Number.NaN;
  const [parameters, moments] = [state.parameters.slice(), state.moments.slice()];
  await expect(step.take(state)).rejects.toMatchObject({ code: 'NON_FINITE', context: { pair: 0 } });
  expect(journalled).toEqual([]);
  expect(Buffer.compare(state.parameters, parameters)).toBe(0);
  expect(Buffer.compare(state.moments, moments)).toBe(0);
});
