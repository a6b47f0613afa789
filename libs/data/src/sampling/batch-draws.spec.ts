// Goal: batches in blocks and of several sources visit every pair once an epoch, read few files, and hold each source's
// share. Method: properties over random sizes, and a data set of a billion pairs.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastAtOrBefore, startsOf } from './ascending.js';
import type { Source } from './batch-draws.js';
import { blockOrder } from './block-order.js';
import { mixedRows, pairsTaken } from './mixture.js';
import { draws, type DrawRequest, type Population } from './sampler.js';
import { shardPlan } from './shard-plan.js';

const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const files = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 });

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
const oneByOne = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((one, other) => one - other);

/** The indices of all rows of the first steps, in order. */
function indicesOf(request: Omit<DrawRequest, 'step' | 'offset' | 'size'>, steps: number): number[] {
  return oneByOne(steps).flatMap((step) =>
    draws({ ...request, step, offset: 0, size: request.batch }).map(({ index }) => index),
  );
}

describe('an epoch in blocks', () => {
  it('visits every pair once, and each block before the next', () => {
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 30 }), seed, (filePairs, blockPairs, number) => {
        const order = blockOrder({ filePairs, blockPairs, seeds: [number] });
        const visited = oneByOne(sum(filePairs)).map((position) => order.pairAt(position));
        expect(ascending(visited.map(({ index }) => index))).toEqual(oneByOne(sum(filePairs)));
        expect(ascending(visited.map(({ place }) => place))).toEqual(oneByOne(sum(filePairs)));
        const largest = blockPairs + Math.max(...filePairs);
        for (const [position, { place }] of visited.entries()) expect(Math.abs(position - place)).toBeLessThan(largest);
      }),
    );
  });

  it('is another one for each seed, in its files and within them', () => {
    const filePairs = oneByOne(50).map(() => 10);
    const visit = (of: number): number[] => {
      const order = blockOrder({ filePairs, blockPairs: 100, seeds: [of] });
      return oneByOne(500).map((position) => order.pairAt(position).index);
    };
    expect(visit(1)).not.toEqual(visit(2));
    const firstFiles = new Set(
      visit(1)
        .slice(0, 100)
        .map((index) => Math.floor(index / 10)),
    );
    expect(firstFiles.size).toBe(10);
    expect(ascending([...firstFiles])).not.toEqual(oneByOne(10));
  });
});

describe('batches in blocks', () => {
  it('B1: the shards of a step together are the batch, and every epoch is a permutation', () => {
    fc.assert(
      fc.property(
        files,
        fc.integer({ min: 2, max: 12 }),
        fc.integer({ min: 1, max: 4 }),
        seed,
        (filePairs, batch, shards, number) => {
          const dataset: Population = { pairs: sum(filePairs), groups: undefined, filePairs };
          const request = { seed: number, batch, dataset, sampling: 'blocks', blockPairs: 12 } as const;
          const whole = draws({ ...request, step: 3, offset: 0, size: batch });
          const plan = shardPlan({ batch, shards: Math.min(shards, batch) });
          expect(plan.flatMap((shard) => draws({ ...request, step: 3, ...shard }))).toEqual(whole);
          const epoch = dataset.pairs * batch; // Where an epoch ends with a batch.
          const drawn = indicesOf(request, dataset.pairs);
          expect(drawn).toHaveLength(epoch);
          for (const pair of oneByOne(dataset.pairs))
            expect(drawn.filter((index) => index === pair)).toHaveLength(batch);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of a billion pairs need the files of a block or two, and a shard those of its rows; no list is as long', () => {
    const filePairs = oneByOne(100_000).map(() => 10_000);
    const dataset: Population = { pairs: 1_000_000_000, groups: undefined, filePairs };
    const starts = startsOf(filePairs).subarray(0, -1);
    const filesOf = (indices: readonly number[]): Set<number> =>
      new Set(indices.map((index) => lastAtOrBefore(starts, index)));
    const request = { seed: 7, batch: 32_768, dataset, sampling: 'blocks', blockPairs: 65_536 } as const;
    const before = process.memoryUsage().heapUsed;
    for (const step of [0, 1, 20_000]) {
      const rows = draws({ ...request, step, offset: 0, size: 32_768 }).map(({ index }) => index);
      expect(new Set(rows).size).toBe(32_768);
      expect(filesOf(rows).size).toBeLessThanOrEqual(2 * 7);
      for (const { offset, size } of shardPlan({ batch: 32_768, shards: 64 }))
        expect(filesOf(rows.slice(offset, offset + size)).size).toBeLessThanOrEqual(3);
    }
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 2 ** 20); // A list would take 8 GB.
  });
});

describe('a mixture', () => {
  it('gives every source its share of the rows so far, to within a pair for each other source', () => {
    const weights = fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(weights, fc.integer({ min: 64, max: 4096 }), fc.nat(1000), (of, batch, step) => {
        const [before, after] = [pairsTaken(of, step * batch), pairsTaken(of, (step + 1) * batch)];
        const counts = after.map((count, source) => count - before[source]!);
        expect(sum(counts)).toBe(batch);
        for (const [source, count] of counts.entries()) {
          expect(count).toBeGreaterThanOrEqual(0);
          expect(Math.abs(count - (batch * of[source]!) / sum(of))).toBeLessThan(of.length);
        }
      }),
    );
  });

  it('spreads each source over a batch, in its order', () => {
    expect(mixedRows([4, 2]).map(({ source }) => source)).toEqual([0, 1, 0, 0, 1, 0]);
    const numbers = mixedRows([4, 2]).filter(({ source }) => source === 0);
    expect(numbers.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
  });

  it.each(['pairs', 'blocks'] as const)('of %s: each source has epochs of its own', (sampling) => {
    const sources: Source[] = [
      { first: 0, pairs: 6, filePairs: [4, 2], weight: 3 },
      { first: 6, pairs: 2, filePairs: [2], weight: 1 },
    ];
    const dataset: Population = { pairs: 8, groups: undefined, filePairs: [4, 2, 2], sources };
    const drawn = indicesOf({ seed: 1, batch: 4, dataset, sampling, blockPairs: 3 }, 10);
    const ofFirst = drawn.filter((index) => index < 6);
    const ofSecond = drawn.filter((index) => index >= 6);
    expect([ofFirst.length, ofSecond.length]).toEqual([30, 10]);
    for (const index of oneByOne(6)) expect(ofFirst.filter((one) => one === index)).toHaveLength(5);
    for (const index of [6, 7]) expect(ofSecond.filter((one) => one === index)).toHaveLength(5);
  });

  it('resampled: every pair is drawn about equally often, whatever was drawn before', () => {
    const dataset: Population = { pairs: 20, groups: undefined };
    const drawn = indicesOf({ seed: 1, batch: 100, dataset, sampling: 'resampled' }, 200);
    for (const index of oneByOne(20)) {
      const count = drawn.filter((one) => one === index).length;
      expect(Math.abs(count - 1000)).toBeLessThan(6 * Math.sqrt(1000 * (19 / 20)));
    }
    expect(new Set(drawn.slice(0, 20)).size).toBeLessThan(20);
  });
});
