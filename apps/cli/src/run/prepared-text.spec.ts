import { expect, it } from 'vitest';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import type { DerivedNumbers } from '#protocol/run/run-status.js';
import { documentText, warnings } from './prepared-text.js';

const config = (change: Partial<RunConfigInput> = {}) =>
  parseRunConfig(
    { name: 'a', model: 'ViT-B-32', data: { train: '/pairs' }, batch: 4096, shards: 4, steps: 100, ...change },
    modelZoo,
  );

it('says what a document changes, and nothing of the defaults', () => {
  expect(documentText(config())).toEqual(['ViT-B-32, 4,096 pairs a step, 100 steps', 'data.train: /pairs']);
  expect(
    documentText(
      config({ optimizer: { learningRate: 1e-3 }, seed: 4, schedule: { kind: 'constant', warmupSteps: 0 } }),
    ),
  ).toEqual([
    'ViT-B-32, 4,096 pairs a step, 100 steps',
    'data.train: /pairs',
    'optimizer.learningRate: 0.001',
    'schedule.kind: constant',
    'seed: 4',
  ]);
});

it.each([
  [{ batch: 4096, steps: 100 }, 1244, /a batch of 4,096 holds each of the 1,244 pairs several times/],
  [{ batch: 1000, steps: 100 }, 1244, /a batch holds 80.* % of all pairs: 1\.2 steps/],
  [{ batch: 10, shards: 2, steps: 100 }, 1244, /ends before it has seen every pair: 1,000 of 1,244/],
])('warns of %j with %i pairs', (change, trainPairs, message) => {
  const one = config(change);
  const stepsPerEpoch = trainPairs / one.batch;
  const derived = { trainPairs, stepsPerEpoch, epochs: one.steps / stepsPerEpoch } as DerivedNumbers;
  expect(warnings(one, derived)).toEqual([expect.stringMatching(message)]);
});

it('is content with an ordinary run, and asks for several results to choose the best from', () => {
  const derived = { trainPairs: 100_000, stepsPerEpoch: 24.4, epochs: 4 } as DerivedNumbers;
  expect(warnings(config(), derived)).toEqual([]);
  const once = config({ evaluation: { zeroShot: [{ name: 'x', data: '/x' }] }, checkpoint: { keepBest: 'x' } });
  expect(warnings(once, derived)).toEqual([expect.stringMatching(/evaluation\.everySteps/)]);
  const often = config({
    evaluation: { zeroShot: [{ name: 'x', data: '/x', everySteps: 9 }] },
    checkpoint: { keepBest: 'x' },
  });
  expect(warnings(often, derived)).toEqual([]);
});
