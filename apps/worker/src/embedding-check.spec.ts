// Goal: a worker that computes other embeddings than the shard was encoded to is found out, with the place. Method: a
// blob in a store, and rows that agree with it or do not.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunConfig } from '#protocol/run/run-config.js';
import { contentHash } from '#store/content-hash.js';
import { openStore } from '#store/open-store.js';
import { encodeSafetensors } from '#store/safetensors/safetensors.js';
import { openEmbeddingCheck } from './embedding-check.js';

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'tandem-check-'))));
afterAll(() => rm(directory, { recursive: true }));

it('compares each part that is computed again', async () => {
  const store = openStore(directory);
  const image = Float32Array.from({ length: 8 }, (_, i) => i / 10);
  const keys = new Uint8Array(64);
  const blob = encodeSafetensors({
    image: { dtype: 'F32', shape: [4, 2], data: image },
    captionKeys: { dtype: 'U8', shape: [4, 16], data: keys },
  });
  await store.put('embeddings', blob);
  const task = { shard: 3, embeddingsKey: 'embeddings', embeddingsHash: await contentHash(blob) };
  const config = { model: { embed_dim: 2 }, precision: 'float32' } as RunConfig;
  const check = await openEmbeddingCheck(task, { store, config });

  check('image', 0, image.slice(0, 4));
  check('image', 2, image.slice(4));
  const wrong = image.slice(4);
  wrong[3]! += 0.01;
  expect(() => check('image', 2, wrong)).toThrow(/Shard 3: expected the image embedding of row 3 .* at 1, got 0.70999/);
  wrong[3] = Number.NaN;
  expect(() => check('image', 2, wrong)).toThrow(/got NaN/);
  const other = { ...task, embeddingsHash: '0'.repeat(64) };
  await expect(openEmbeddingCheck(other, { store, config })).rejects.toMatchObject({ code: 'STORE_FAILED' });
});
