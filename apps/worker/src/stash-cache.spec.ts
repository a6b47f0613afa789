// Goal: shards are kept within the budget, oldest gone first, and their memory with them. Method: stashes that count.
import { expect, it } from 'vitest';
import type { Stash } from '#engine/device.js';
import { openStashCache, type KeptShard } from './stash-cache.js';

let disposed: string[];
function shard(name: string, bytes: number): KeptShard {
  const stash = (part: string): Stash => ({ tensors: {}, dispose: async () => void disposed.push(`${name}/${part}`) });
  return { samples: { pairs: 1, micro: [], skipped: [] }, stashes: { image: [stash('image')], text: [stash('text')] }, bytes };
}

it('L1: lets go of the oldest shards until the new one fits', async () => {
  disposed = [];
  const cache = openStashCache(10);
  for (const [name, bytes] of [['a', 4], ['b', 4], ['c', 2]] as const) {
    expect(await cache.makeRoom(bytes)).toBe(true);
    cache.keep(name, shard(name, bytes));
  }
  expect(disposed).toEqual([]);
  expect(await cache.makeRoom(5)).toBe(true);
  expect(disposed).toEqual(['a/image', 'a/text', 'b/image', 'b/text']);
  expect(cache.get('a')).toBeUndefined();
  expect(cache.get('c')).toMatchObject({ bytes: 2 });
});

it('keeps what it holds where a shard is over the whole budget', async () => {
  disposed = [];
  const cache = openStashCache(10);
  cache.keep('a', shard('a', 4));
  expect(await cache.makeRoom(11)).toBe(false);
  expect(cache.get('a')).toMatchObject({ bytes: 4 });
  await cache.drop('a');
  await cache.drop('a');
  cache.keep('b', shard('b', 1));
  await cache.clear();
  expect(disposed).toEqual(['a/image', 'a/text', 'b/image', 'b/text']);
});
