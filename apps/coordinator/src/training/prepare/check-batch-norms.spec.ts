// Goal: a run whose batch norms would see one value per channel is refused before it starts.
import { expect, it } from 'vitest';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { checkBatchNorms } from './check-batch-norms.js';

const config = (changes: Partial<RunConfigInput>, side = 32): RunConfig =>
  parseRunConfig(
    {
      name: 'run',
      model: {
        embed_dim: 16,
        vision_cfg: { image_size: side, layers: [1, 1, 1, 1], width: 8, head_width: 32 },
        text_cfg: { vocab_size: 49_408, width: 32, heads: 2, layers: 1 },
      },
      data: { train: './data' },
      batch: 10,
      steps: 1,
      ...changes,
    },
    modelZoo,
  );

it('a micro-batch of one small image is refused: its batch norms have no variance', () => {
  expect(() => checkBatchNorms(config({ shards: 2, microBatch: 2 }))).toThrow(
    'expected micro-batches of two images of 32 pixels at least, got one of 1',
  );
  expect(() => checkBatchNorms(config({ shardSize: 3 }))).toThrow('got one of 1');
});

it('two images, a larger image, or a frozen image tower are accepted', () => {
  for (const fine of [
    config({ shards: 2 }),
    config({ shards: 2, microBatch: 3 }),
    config({ shards: 10 }, 64),
    config({ shards: 10, train: { freeze: ['image'] } }),
  ])
    checkBatchNorms(fine);
});
