// Goal: I and T hold each shard's rows in its place, however the shards were put together; a blob with other rows is
// refused. Method: blobs of one and of several shards, of a batch that its shards do not divide.
import { expect, it } from 'vitest';
import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { shardPlan } from '#data/sampling/shard-plan.js';
import { encodeSafetensors } from '#store/safetensors/safetensors.js';
import { openBatchEmbeddings } from './batch-embeddings.js';

const d = 2;
const config = {
  ...{ batch: 8, shards: 3, shardSize: undefined },
  model: { embed_dim: d },
  loss: { kind: 'softmax', maskSameCaption: true, maskSameImage: false },
} as unknown as Parameters<typeof openBatchEmbeddings>[0] & Parameters<typeof shardPlan>[0];
/** Shards of 3, 3 and 2 pairs. */
const plan = shardPlan(config);

/** Rows [from, to): the image's hold their number, the text's its negative; two pairs share a caption. */
function blob(from: number, to: number, width = d): Uint8Array {
  const rows = Array.from({ length: to - from }, (_, at) => from + at);
  const each = (count: number, of: (row: number) => number): number[] =>
    rows.flatMap((row) => Array<number>(count).fill(of(row)));
  return encodeSafetensors({
    image: { dtype: 'F32', shape: [rows.length, width], data: Float32Array.from(each(width, (row) => row)) },
    text: { dtype: 'F32', shape: [rows.length, width], data: Float32Array.from(each(width, (row) => -row)) },
    captionKeys: {
      ...{ dtype: 'U8', shape: [rows.length, pairHashBytes] },
      data: Uint8Array.from(each(pairHashBytes, (row) => Math.min(row, 6))),
    },
  });
}

it('puts the rows of each shard in their place', () => {
  const batch = openBatchEmbeddings(config, plan);
  batch.put(blob(6, 8), { shard: 2, shards: 1 });
  batch.put(blob(0, 6), { shard: 0, shards: 2 });
  const { images, texts, ...ids } = batch.all();
  expect([...images]).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
  expect([...texts].map((value) => -value)).toEqual([...images]);
  const [numbers] = Object.values(ids) as ArrayLike<number>[];
  expect(new Set(Array.from(numbers!)).size).toBe(7);
  expect(numbers![6]).toBe(numbers![7]);
});

it('refuses a blob with other rows than its shards have', () => {
  const batch = openBatchEmbeddings(config, plan);
  expect(() => batch.put(blob(0, 5), { shard: 0, shards: 2 })).toThrow(/expected image \[6, 2\], got \[5, 2\]/);
  expect(() => batch.put(blob(0, 6, 3), { shard: 0, shards: 2 })).toThrow(/expected image \[6, 2\], got \[6, 3\]/);
  const text = { dtype: 'F32', shape: [3, d], data: new Float32Array(6) } as const;
  expect(() => batch.put(encodeSafetensors({ text }), { shard: 0, shards: 1 })).toThrow(
    /expected image \[3, 2\], got none/,
  );
});
