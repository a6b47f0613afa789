import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairGroups } from '../dataset/pair-groups.js';
import { permute } from './permutation.js';
import { draws, stepsPerEpoch, type DrawRequest } from './sampler.js';
import { shardPlan } from './shard-plan.js';

// Goal: the batch depends only on (seed, step, config). Method: properties over random sizes.
const size = fc.integer({ min: 1, max: 300 });
const seed = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function batchOf(request: Omit<DrawRequest, 'offset' | 'size'>): ReturnType<typeof draws> {
  return draws({ ...request, offset: 0, size: request.batch });
}

function groupsOf(pairs: number, count: number): ReturnType<typeof pairGroups> {
  const names = Array.from({ length: count }, (_, group) => `group-${group}`);
  return pairGroups(
    names,
    Int32Array.from({ length: pairs }, (_, pair) => pair % count),
  );
}

describe('permute', () => {
  it('is a permutation for every size and seed', () => {
    fc.assert(
      fc.property(size, seed, (size, seed) => {
        const places = Array.from({ length: size }, (_, position) => permute(position, size, [seed]));
        expect([...places].sort((a, b) => a - b)).toEqual(places.map((_, i) => i));
      }),
    );
  });

  it('works for sizes beyond 32 bits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2 ** 33, max: 2 ** 45 }), seed, (size, seed) => {
        const places = [0, 1, size - 1].map((position) => permute(position, size, [seed]));
        expect(new Set(places).size).toBe(3);
        for (const place of places) expect(place >= 0 && place < size).toBe(true);
      }),
    );
  });

  it('spreads positions uniformly: within 6 standard deviations over 20 cells', () => {
    const counts = new Array<number>(20).fill(0);
    for (let seed = 0; seed < 20_000; seed++) {
      const place = permute(3, 20, [seed]);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    const deviation = Math.sqrt(20_000 * (1 / 20) * (19 / 20));
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(6 * deviation);
  });
});

describe('shardPlan', () => {
  it('B1: cuts the batch into consecutive shards whose sizes differ by at most one', () => {
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [batch, shards] = [Math.max(a, b), Math.min(a, b)];
        const plan = shardPlan({ batch, shards });
        expect(plan).toHaveLength(shards);
        expectToTile(plan, batch);
        const sizes = plan.map((shard) => shard.size);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('B1: cuts shards of one size, the last one smaller', () => {
    expect(shardPlan({ batch: 10, shardSize: 4 })).toEqual([
      { offset: 0, size: 4 },
      { offset: 4, size: 4 },
      { offset: 8, size: 2 },
    ]);
    fc.assert(
      fc.property(size, size, (a, b) => {
        const [batch, shardSize] = [Math.max(a, b), Math.min(a, b)];
        const plan = shardPlan({ batch, shardSize });
        expectToTile(plan, batch);
        expect(plan.slice(0, -1).every((shard) => shard.size === shardSize)).toBe(true);
        expect(plan.at(-1)?.size).toBeGreaterThan(0);
      }),
    );
  });
});

describe('draws', () => {
  it('B1: the shards of a step together are the batch, however it is cut', () => {
    fc.assert(
      fc.property(seed, fc.nat(1000), size, size, size, fc.boolean(), (seed, step, a, b, pairs, grouped) => {
        const [batch, shards] = [Math.max(a, b), Math.min(a, b)];
        const dataset = { pairs: pairs + batch, groups: groupsOf(pairs + batch, batch) };
        const request = { seed, step, batch, dataset, sampling: grouped ? 'groups' : 'pairs' } as const;
        const whole = batchOf(request);
        for (const plan of [shardPlan({ batch, shards }), shardPlan({ batch, shardSize: shards })]) {
          expect(plan.flatMap((shard) => draws({ ...request, ...shard }))).toEqual(whole);
        }
      }),
    );
  });

  it('B1: each epoch of pairs is a new permutation of all pairs', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 20, max: 60 }), fc.integer({ min: 2, max: 70 }), (seed, pairs, batch) => {
        const steps = Math.ceil((3 * pairs) / batch);
        const dataset = { pairs, groups: undefined };
        const drawn = Array.from({ length: steps }, (_, step) =>
          batchOf({ seed, step, batch, dataset, sampling: 'pairs' }),
        ).flat();
        const epochs = [0, 1, 2].map((epoch) =>
          drawn.slice(epoch * pairs, (epoch + 1) * pairs).map((draw) => draw.index),
        );
        for (const epoch of epochs)
          expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: pairs }, (_, i) => i));
        expect(epochs[1]).not.toEqual(epochs[0]);
      }),
    );
  });

  it('B1: no group is drawn twice in an epoch of groups, nor in a batch', () => {
    fc.assert(
      fc.property(
        seed,
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 2, max: 40 }),
        fc.nat(50),
        (seed, a, b, more) => {
          const [count, batch] = [Math.max(a, b), Math.min(a, b)];
          const groups = groupsOf(count + more, count);
          const dataset = { pairs: count + more, groups };
          const steps = stepsPerEpoch({ batch, dataset, sampling: 'groups' });
          for (const epoch of [0, 1, 2]) {
            const drawn = Array.from({ length: steps }, (_, i) =>
              batchOf({ seed, step: epoch * steps + i, batch, dataset, sampling: 'groups' }),
            ).flat();
            const drawnGroups = drawn.map(({ index }) => groups.ofPair[index]);
            expect(new Set(drawnGroups).size).toBe(steps * batch);
          }
        },
      ),
    );
  });

  it('draws every pair of a group over many epochs', () => {
    const dataset = { pairs: 12, groups: groupsOf(12, 3) };
    const seen = new Set<number>();
    for (let step = 0; step < 100; step++)
      for (const { index } of batchOf({ seed: 5, step, batch: 3, dataset, sampling: 'groups' })) seen.add(index);
    expect(seen.size).toBe(12);
  });

  it('gives every row of every step its own seed, and other seeds to another run', () => {
    const dataset = { pairs: 100, groups: undefined };
    const seedsOf = (seed: number): number[] =>
      Array.from({ length: 50 }, (_, step) => batchOf({ seed, step, batch: 40, dataset, sampling: 'pairs' }))
        .flat()
        .map((draw) => draw.seed);
    expect(new Set([...seedsOf(0), ...seedsOf(1)]).size).toBe(4000);
  });

  it('refuses groups if there are none or fewer than the batch', () => {
    const request = { seed: 0, step: 0, batch: 8, sampling: 'groups' } as const;
    expect(() => batchOf({ ...request, dataset: { pairs: 20, groups: undefined } })).toThrow(/carry no groups/);
    expect(() => batchOf({ ...request, dataset: { pairs: 20, groups: groupsOf(20, 7) } })).toThrow(
      /expected at most 7, .* got 8/,
    );
  });
});

function expectToTile(plan: readonly { offset: number; size: number }[], batch: number): void {
  let next = 0;
  for (const { offset, size } of plan) {
    expect(offset).toBe(next);
    next = offset + size;
  }
  expect(next).toBe(batch);
}
