// Goal (P1): sums are formed in one fixed tree over the shards, whatever the order of arrival.
// Method: the "sums" are strings that show how they were formed; every order of arrival must give the same string.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownNodes, reductionTree, sumsCompleted } from './reduction-tree.js';

/** The sum of a node whose shards come in order, as a worker forms it, and the most sums that waited. */
function formedInOrder(first: number, count: number): { readonly sum: string; readonly waitingMax: number } {
  const waiting: string[] = [];
  let waitingMax = 0;
  for (let index = 0; index < count; index++) {
    let sum = String(first + index);
    for (let left = sumsCompleted(index, count); left > 0; left--) sum = `(${waiting.pop()!}+${sum})`;
    if (index === count - 1) return { sum, waitingMax };
    waitingMax = Math.max(waitingMax, waiting.push(sum));
  }
  throw new Error('no shards');
}

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

  it.each([
    ['aaaaaaaa', 16, '0-7'],
    ['aaaabbbb', 16, '0-3 4-7'],
    ['aaaabbbb', 2, '0-1 2-3 4-5 6-7'],
    ['abababab', 16, '0 1 2 3 4 5 6 7'],
    ['aaaaabbb', 16, '0-3 4 5 6-7'],
    ['aaaaa', 16, '0-4'],
    ['aaabbbb', 16, '0-1 2 3 4-6'],
    ['a', 16, '0'],
  ])('%s: the nodes that one worker can sum, of at most %i shards, are %s', (owners, countMax, expected) => {
    const spans = ownNodes([...owners], countMax);
    expect(
      spans.map(({ first, count }) => (count === 1 ? `${first}` : `${first}-${first + count - 1}`)).join(' '),
    ).toBe(expected);
  });

  it('is the same if workers sum their own nodes, with log2 sums in memory, in any order of arrival', async () => {
    const cases = fc.tuple(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 40 }), fc.nat());
    await fc.assert(
      fc.asyncProperty(cases, async ([owners, seed]) => {
        const tree = reductionTree<string>(owners.length, async (left, right) => `(${left}+${right})`);
        const nodes = ownNodes(owners, 16).map((span) => ({ span, order: (span.first * 7919 + seed) % 101 }));
        for (const { span } of nodes.toSorted((left, right) => left.order - right.order)) {
          const { sum, waitingMax } = formedInOrder(span.first, span.count);
          expect(waitingMax).toBeLessThanOrEqual(Math.ceil(Math.log2(span.count)));
          await tree.put(span.first, sum, span.count);
        }
        expect(tree.root()).toBe(await formed(inOrder(owners.length)));
      }),
    );
  });

  it('refuses a sum that is no node of it', async () => {
    const tree = reductionTree<string>(8, (left) => Promise.resolve(left));
    await expect(tree.put(1, '', 2)).rejects.toThrowError(/shards 1 to 2 of 8 are no node/);
    await expect(tree.put(0, '', 3)).rejects.toThrowError(/shards 0 to 2 of 8 are no node/);
  });

  it('has no root before all shards are in', () => {
    expect(() => reductionTree<string>(2, (left) => Promise.resolve(left)).root()).toThrowError(/before all shards/);
  });
});
