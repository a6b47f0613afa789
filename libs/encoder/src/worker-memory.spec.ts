// Goal: what a worker is said to need at least is no more than it needs, and not much less. Method: the stashes of
// compiled encoders.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '#engine/device.js';
import { openOrtDevice } from '#engine/run/onnxruntime/ort-device.js';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { openEncoder } from './encoder.js';
import { holdsRun, stashBytes, workerBytes } from './worker-memory.js';

const vit = {
  embed_dim: 64,
  vision_cfg: { image_size: 64, layers: 3, width: 128, patch_size: 8, head_width: 32 },
  text_cfg: { context_length: 32, vocab_size: 600, width: 96, heads: 3, layers: 4 },
};
const resnet = { ...vit, vision_cfg: { image_size: 64, layers: [2, 2, 2, 2], width: 16, head_width: 32 } };

function config(changes: Partial<RunConfigInput>): RunConfig {
  const document = { name: 'r', model: vit, data: { train: '/data' }, batch: 64, shards: 4, steps: 1, ...changes };
  const tokenizer = typeof document.model === 'string' ? {} : { tokenizer: { kind: 'bpe', vocabulary: 600 } };
  return parseRunConfig({ ...document, ...tokenizer }, modelZoo);
}

describe('the stash that a worker is said to need at least', () => {
  let device: Device;
  beforeAll(() => {
    device = openOrtDevice({ kind: 'cpu', threads: 1 });
  });
  afterAll(() => device.close());

  it.each([
    ['a Vision Transformer', vit, 'image'],
    ['a text tower', vit, 'text'],
    ['a ResNet', resnet, 'image'],
  ] as const)('is at most that of the compiled encoder, and at least half of it: %s', async (_, model, tower) => {
    const run = config({ model: model as RunConfigInput['model'] });
    const encoder = await openEncoder(device, run.model, tower);
    const actual = await encoder.stashBytes(4);
    await encoder.close();
    const said = stashBytes(run, tower, 4);
    expect(said).toBeLessThanOrEqual(actual);
    expect(said).toBeGreaterThan(0.5 * actual);
  });
});

describe('what a worker is said to need at least', () => {
  const ofTowers = 4 * 151_277_312; // ViT-B-32 without logit_scale

  it('is itself, parameters and gradients, and a stash that grows with the micro-batch', () => {
    const of = (microBatch: number): number => workerBytes(config({ model: 'ViT-B-32', microBatch }));
    expect(of(1)).toBeGreaterThan(128 * 2 ** 20 + 2 * ofTowers);
    expect(of(16) - of(8)).toBe(8 * 4 * 11 * 77 * 8 * 512);
    expect(of(16)).toBe(workerBytes(config({ model: 'ViT-B-32' }))); // A whole shard, if no micro-batch is given.
  });

  it('is no gradient and no stash of a frozen tower, and half a stash where matmuls are narrower', () => {
    const only = (changes: Partial<RunConfigInput>): number => workerBytes(config({ model: 'ViT-B-32', ...changes }));
    const ofText = 63_428_096 * 4;
    expect(only({ train: { freeze: ['image'] } })).toBe(only({}) - (ofTowers - ofText));
    expect(only({}) - only({ precision: 'float16' })).toBe((16 * 4 * 11 * 77 * 8 * 512) / 2);
  });

  it('is too much for a worker that has less, and not for one whose memory nobody knows', () => {
    expect([99, 100, null].map((memoryBytes) => holdsRun(memoryBytes, 100))).toEqual([false, true, true]);
  });
});
