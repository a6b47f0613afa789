// Goal: parts of shards are kept within the budget; the oldest are dropped first, and their memory is freed. Method:
// stashes that record when they are disposed.
import { beforeEach, expect, it } from 'vitest';
import { openStashCache, type KeptPart } from './stash-cache.js';

const samples = {
  pairs: 1,
  micro: [],
  keys: { captionKeys: new Uint8Array(), imageKeys: new Uint8Array() },
  skipped: [],
  longCaptions: 0,
};
let disposed: string[];
beforeEach(() => {
  disposed = [];
});

function part(name: string, bytes: number): KeptPart {
  return { tower: 'image', index: 0, stash: { tensors: {}, dispose: async () => void disposed.push(name) }, bytes };
}

it('L1: drops the oldest parts until the new one fits, and a shard with its last part', async () => {
  const cache = openStashCache(() => 10);
  for (const [shard, name, bytes] of [
    ['a', 'a0', 4],
    ['a', 'a1', 4],
    ['b', 'b0', 2],
  ] as const)
    await cache.keep(shard, samples, part(name, bytes));
  expect(disposed).toEqual([]);
  await cache.keep('b', samples, part('b1', 3));
  expect(disposed).toEqual(['a0']);
  expect(cache.get('a')!.parts).toHaveLength(1);
  await cache.keep('c', samples, part('c0', 5));
  expect(disposed).toEqual(['a0', 'a1']);
  expect(cache.get('a')).toBeUndefined();
  expect(cache.get('b')!.parts).toHaveLength(2);
});

it('L1: frees a part that alone exceeds the budget, keeps the others, and goes on keeping', async () => {
  const cache = openStashCache(() => 10);
  await cache.keep('a', samples, part('a0', 4));
  await cache.keep('b', samples, part('b0', 6));
  for (const shard of ['a', 'c']) await cache.keep(shard, samples, part(`large part of ${shard}`, 11));
  expect(disposed).toEqual(['large part of a', 'large part of c']);
  expect(['a', 'b', 'c'].map((shard) => cache.get(shard)?.parts.length)).toEqual([1, 1, undefined]);
  await cache.keep('c', samples, part('c0', 10));
  expect(disposed.slice(2)).toEqual(['a0', 'b0']);
  expect(cache.get('c')!.parts).toHaveLength(1);
});

it('drops shards on request', async () => {
  const cache = openStashCache(() => 10);
  for (const shard of ['b', 'c', 'd']) await cache.keep(shard, samples, part(shard, 1));
  await cache.drop('b');
  await cache.drop('b');
  expect(disposed).toEqual(['b']);
  await cache.clear();
  expect(disposed).toEqual(['b', 'c', 'd']);
});

it('asks for the budget with the most it has held and the size of the part', async () => {
  const asked: object[] = [];
  const cache = openStashCache((needs) => {
    asked.push(needs);
    return 10;
  });
  for (const [name, bytes] of [
    ['a', 4],
    ['b', 6],
    ['c', 1],
  ] as const)
    await cache.keep(name, samples, part(name, bytes));
  expect(asked).toEqual([
    { takenBytes: 4, stashBytes: 4 },
    { takenBytes: 10, stashBytes: 6 },
    { takenBytes: 11, stashBytes: 1 },
  ]);
});
