// Goal: a resumed run may change only what no past step depended on, and each step keeps the document it was taken
// with.
import { describe, expect, it } from 'vitest';
import { amendmentSchema, configAt, fixedDifferences } from './amendment.js';
import { parseRunConfig, type RunConfigInput } from './run-config.js';

function config(change: Partial<RunConfigInput> = {}) {
  return parseRunConfig({
    name: 'tiny',
    model: {
      embed_dim: 8,
      vision_cfg: { image_size: 16, layers: 1, width: 16, patch_size: 8, head_width: 8 },
      text_cfg: { context_length: 8, vocab_size: 600, width: 16, heads: 2, layers: 1 },
    },
    tokenizer: { kind: 'bpe', vocabulary: 600 },
    data: { train: 'file:/data/pairs' },
    batch: 8,
    shards: 2,
    steps: 300,
    ...change,
  });
}

describe('configAt', () => {
  const changes = [
    { at: 't', fromStep: 40, from: 100, to: 200 },
    { at: 't', fromStep: 70, from: 200, to: 300 },
  ];
  it.each([
    [0, 100],
    [39, 100],
    [40, 200],
    [69, 200],
    [70, 300],
    [299, 300],
  ])('step %i was taken in a run of %i steps', (step, steps) => {
    expect(configAt(config(), changes, step).steps).toBe(steps);
  });

  it('a run that was never changed has its own number of steps at every step', () => {
    expect(configAt(config(), [], 5).steps).toBe(300);
  });
});

describe('fixedDifferences', () => {
  it('names what past steps depended on, and nothing else', () => {
    const now = config({
      name: 'other',
      steps: 400,
      evaluation: { everySteps: 5 },
      checkpoint: { keep: 9 },
      limits: { attempts: 3 },
      batch: 16,
      optimizer: { learningRate: 0.1 },
    });
    expect(fixedDifferences(config(), now)).toEqual([
      { path: 'batch', before: 8, now: 16 },
      { path: 'optimizer.learningRate', before: 5e-4, now: 0.1 },
    ]);
  });
});

it('an amendment refuses by name what would change past steps', () => {
  expect(amendmentSchema.safeParse({ steps: 10, evaluation: { everySteps: 2 } }).success).toBe(true);
  expect(amendmentSchema.parse({})).toEqual({});
  expect(amendmentSchema.safeParse({ batch: 10 }).error?.issues[0]).toMatchObject({ keys: ['batch'] });
});
