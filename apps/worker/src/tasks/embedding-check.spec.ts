// Goal: a worker that computes other embeddings than the shard was encoded to is found out, with the place. Method:
// rows that agree with those of the shard or do not.
import { expect, it } from 'vitest';
import type { RunConfig } from '#protocol/run/run-config.js';
import { embeddingCheck } from './embedding-check.js';

it('compares each part that is computed again', () => {
  const image = Float32Array.from({ length: 8 }, (_, i) => i / 10);
  const config = { model: { embed_dim: 2 }, precision: 'float32' } as RunConfig;
  const check = embeddingCheck(3, { image }, config);

  check('image', 0, image.slice(0, 4));
  check('image', 2, image.slice(4));
  const wrong = image.slice(4);
  wrong[3]! += 0.01;
  expect(() => check('image', 2, wrong)).toThrow(/Shard 3: expected the image embedding of row 3 .* at 1, got 0.70999/);
  wrong[3] = Number.NaN;
  expect(() => check('image', 2, wrong)).toThrow(/got NaN/);
});
