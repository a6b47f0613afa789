// Goal (P1): sums are formed in one fixed tree over the shards, whatever the order of arrival.
// Method: the "sums" are strings that show how they were formed; every order of arrival must give the same string.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reductionTree } from './reduction-tree.js';

async function formed(order: readonly number[]): Promise<string> {
  const tree = reductionTree<string>(order.length, (left, right) => Promise.resolve(`(${left}+${right})`));
  for (const shard of order) await tree.put(shard, String(shard));
  return tree.root();
}

const inOrder = (shards: number): number[] => Array.from({ length: shards }, (_, shard) => shard);

describe('P1: the tree over shard indices', () => {
  it.each([
    [1, '0'],
    [2, '(0+1)'],
    [3, '((0+1)+2)'],
    [5, '(((0+1)+(2+3))+4)'],
    [7, '(((0+1)+(2+3))+((4+5)+6))'],
  ])('%i shards', async (shards, expected) => {
    expect(await formed(inOrder(shards))).toBe(expected);
  });

  it('is the same for every order of arrival', async () => {
    const orders = fc
      .integer({ min: 1, max: 40 })
      .chain((shards) => fc.shuffledSubarray(inOrder(shards), { minLength: shards }));
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        expect(await formed(order)).toBe(await formed(inOrder(order.length)));
      }),
    );
  });

  it('is the same if shards arrive before earlier sums are done', async () => {
    const tree = reductionTree<string>(
      6,
      async (left, right) => (await new Promise((resolve) => setImmediate(resolve)), `(${left}+${right})`),
    );
    await Promise.all([5, 0, 3, 1, 4, 2].map((shard) => tree.put(shard, String(shard))));
    expect(tree.root()).toBe(await formed(inOrder(6)));
  });

  it('has no root before all shards are in', () => {
    expect(() => reductionTree<string>(2, (left) => Promise.resolve(left)).root()).toThrowError(/before all shards/);
  });
});
