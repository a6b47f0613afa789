// Goal: each shard of a task gets its own rows, whatever blobs they are in, and each blob is read once. Method: blobs
// of one and of several shards, of a batch that its shards do not divide, in a store that counts what is read.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { RowsBlob } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { contentHash } from '#store/content-hash.js';
import { openStore } from '#store/open-store.js';
import { encodeSafetensors } from '#store/safetensors/safetensors.js';
import { openBatchRows } from './batch-rows.js';

const d = 2;
/** Shards of 3, 3, 2, 2 and 2 pairs. */
const config = { batch: 12, shards: 5, model: { embed_dim: d } } as RunConfig;
/** Row r of the batch holds r in the image's row, and −r in the text's. */
const rows = (from: number, to: number, sign = 1): Float32Array =>
  Float32Array.from({ length: (to - from) * d }, (_, at) => sign * (from + Math.floor(at / d)));

async function written(blobs: readonly { shard: number; shards: number; from: number; to: number }[]) {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-rows-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const store = openStore(directory);
  const named: RowsBlob[] = [];
  for (const { shard, shards, from, to } of blobs) {
    const shape = [to - from, d];
    const bytes = encodeSafetensors({
      image: { dtype: 'F32', shape, data: rows(from, to) },
      text: { dtype: 'F32', shape, data: rows(from, to, -1) },
      captionKeys: { dtype: 'U8', shape: [to - from, 1], data: new Uint8Array(to - from) },
    });
    await store.put(String(shard), bytes);
    named.push({ shard, shards, key: String(shard), hash: await contentHash(bytes) });
  }
  const read: string[] = [];
  const counting = { ...store, getPieces: (key: string) => (read.push(key), store.getPieces(key)) };
  return { named, read, context: { store: counting, config } };
}

it('gives each shard its rows', async () => {
  const { named, read, context } = await written([
    { shard: 0, shards: 1, from: 0, to: 3 },
    { shard: 1, shards: 3, from: 3, to: 10 },
    { shard: 4, shards: 1, from: 10, to: 12 },
  ]);
  const all = openBatchRows(named, 'the rows', context);
  const ranges = [
    [0, 3],
    [3, 6],
    [6, 8],
    [8, 10],
    [10, 12],
  ] as const;
  for (const [shard, [from, to]] of ranges.entries())
    expect(await all.of(shard)).toEqual({ image: rows(from, to), text: rows(from, to, -1) });
  expect(read).toEqual(['0', '1', '4']);
});

it('refuses a blob with another hash, and one with other rows than its shards', async () => {
  const { named, context } = await written([{ shard: 1, shards: 2, from: 3, to: 7 }]);
  const [blob] = named;
  const other = openBatchRows([{ ...blob!, hash: '0'.repeat(64) }], 'the rows', context);
  await expect(other.of(1)).rejects.toMatchObject({ code: 'STORE_FAILED', retryable: true });
  await expect(openBatchRows(named, 'the rows', context).of(1)).rejects.toThrow(
    /Expected the rows to be image \[5, 2\] as float32 at .*, got \[4, 2\]/,
  );
});
