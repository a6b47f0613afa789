// Goal: every node's rows of dI and dT are in one blob, small nodes share one, and large ones do not. Method: batches
// of several sizes, whose rows hold their numbers.
import { expect, it } from 'vitest';
import { shardPlan } from '#data/sampling/shard-plan.js';
import { atOnce } from '#threads/turns.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { embeddingGradients } from './embedding-gradients.js';

const nodes = [
  { first: 0, count: 2 },
  { first: 2, count: 1 },
  { first: 3, count: 1 },
  { first: 4, count: 1 },
];

function cut(batch: number, d: number) {
  const image = Float32Array.from({ length: batch * d }, (_, at) => Math.floor(at / d));
  const plan = shardPlan({ batch, shards: 5, shardSize: undefined });
  return { plan, blobs: atOnce(embeddingGradients(nodes, plan, d, { image, text: image.map((row) => -row) })) };
}

it.each([
  ['of 64 bytes a shard share one', 12, 3, [[0, 5]]],
  [
    'of 16 KiB a shard share one up to 64 KiB',
    160,
    64,
    [
      [0, 4],
      [4, 1],
    ],
  ],
  [
    'of 64 KiB a shard have one each, all in one piece',
    640,
    64,
    [
      [0, 2],
      [2, 1],
      [3, 1],
      [4, 1],
    ],
  ],
])('nodes %s', (_, batch, d, spans) => {
  const { plan, blobs } = cut(batch, d);
  expect(blobs.map(({ first, count }) => [first, count])).toEqual(spans);
  for (const { first, count, blob } of blobs) {
    const rows = float32Values(blob);
    const last = plan[first + count - 1]!;
    const numbers = Array.from(
      { length: last.offset + last.size - plan[first]!.offset },
      (_, at) => plan[first]!.offset + at,
    );
    expect([...rows['image']!]).toEqual(numbers.flatMap((row) => Array<number>(d).fill(row)));
    expect([...rows['text']!].map((value) => 0 - value)).toEqual([...rows['image']!]);
  }
});

it('only towers that are trained have rows', () => {
  const plan = shardPlan({ batch: 5, shards: 5, shardSize: undefined });
  const [blob] = atOnce(embeddingGradients(nodes, plan, 1, { text: new Float32Array(5) }));
  expect(Object.keys(float32Values(blob!.blob))).toEqual(['text']);
});
