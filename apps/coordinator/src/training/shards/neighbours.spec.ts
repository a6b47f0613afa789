// Goal: each worker is planned neighbouring shards, which it can sum as few nodes of the reduction tree.
// Method: plans written by hand, and a property test over random shares.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ownNodes } from '#model/optimizer/reduction-tree.js';
import { planNeighbours, sharesOf, shardsPerTask } from './neighbours.js';

const planned = (shards: number, shares: Readonly<Record<string, number>>): string =>
  planNeighbours(shards, new Map(Object.entries(shares))).join('');

describe('planNeighbours', () => {
  it.each([
    [8, { a: 1, b: 1 }, 'aaaabbbb'],
    [8, { a: 5, b: 3 }, 'aaaabbbb'],
    [8, { a: 6, b: 2 }, 'aaaaaabb'],
    [4, { a: 3, b: 1 }, 'aabb'],
    [4, { a: 1, b: 1 }, 'aabb'],
    [5, { a: 1, b: 1 }, 'aabbb'],
    [9, { a: 1, b: 1 }, 'aaaabbbbb'],
    [8, { a: 1, b: 1, c: 1 }, 'aabbbbcc'],
    [3, { a: 1, b: 1, c: 1, d: 1 }, 'abc'],
    [16, { a: 1, b: 1, c: 1, d: 1 }, 'aaaabbbbccccdddd'],
    [1, { a: 1 }, 'a'],
    [4, {}, ''],
  ])('%i shards by shares of %o: %s', (shards, shares, expected) => {
    expect(planned(shards, shares)).toBe(expected);
  });

  it('properties: every worker has one run of shards, at most two shards away from its share', () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 64 }), fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }));
    fc.assert(
      fc.property(cases, ([shards, all]) => {
        const given = all.slice(0, shards);
        const shares = new Map(given.map((share, index) => [`w${index}`, share]));
        const plan = planNeighbours(shards, shares);
        expect(plan).toHaveLength(shards);
        expect([...new Set(plan)]).toEqual([...shares.keys()]);
        expect(plan.filter((worker, shard) => worker !== plan[shard - 1])).toHaveLength(shares.size);
        const exact = given.map((share) => (shards * share) / given.reduce((sum, one) => sum + one, 0));
        if (Math.min(...exact) < 2) return; // Then boundaries push one another.
        for (const [index, size] of exact.entries()) {
          const got = plan.filter((worker) => worker === `w${index}`).length;
          expect(Math.abs(got - size)).toBeLessThanOrEqual(2);
        }
      }),
    );
  });

  it('a power of two shards for as many workers are one sum each', () => {
    for (const workers of [1, 2, 4, 8])
      expect(
        ownNodes(planNeighbours(16, new Map(Array.from({ length: workers }, (_, i) => [String(i), 1]))), 16),
      ).toHaveLength(workers);
  });
});

describe('sharesOf', () => {
  const shares = (slowness: Readonly<Record<string, number>>) =>
    Object.fromEntries(sharesOf(new Map(Object.entries(slowness)), 2));

  it('is the inverse of the slowness; small differences count for nothing', () => {
    expect(shares({ a: 1, b: 1.2, c: 0.85 })).toEqual({ a: 1, b: 1, c: 1 });
    expect(shares({ a: 1, b: 1.6, c: 0.5 })).toEqual({ a: 1, b: 1 / 1.6, c: 2 });
  });

  it('a straggler gets none, unless there are only stragglers', () => {
    expect(shares({ a: 1, b: 2, c: 10 })).toEqual({ a: 1 });
    expect(shares({ b: 4, c: 2 })).toEqual({ b: 0.25, c: 0.5 });
    expect(shares({})).toEqual({});
  });
});

it.each([
  [undefined, 1],
  [0, 16],
  [1, 16],
  [30, 3],
  [99, 1],
  [60_000, 1],
])('shardsPerTask of shards of %s ms: %i', (shardMs, shards) => {
  expect(shardsPerTask(shardMs)).toBe(shards);
});
