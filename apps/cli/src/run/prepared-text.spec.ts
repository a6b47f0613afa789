import { expect, it } from 'vitest';
import { modelZoo } from '#model/zoo/presets.js';
import { parseRunConfig, type RunConfigInput } from '#protocol/run/run-config.js';
import { documentText } from './prepared-text.js';

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
