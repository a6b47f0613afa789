// Goal: a schedule of chaos is a function of its seed, has every kind often enough, and can be carried out. Method:
// the pure function, for many seeds.
import { describe, expect, it } from 'vitest';
import { factsOf, kindsFor, type FaultKind, type StoreKind } from './kinds.js';
import { nextRound, planChaos, stepsPerRound, type Round } from './schedule.js';

const seeds = Array.from({ length: 50 }, (_, seed) => seed);
const stores: StoreKind[] = ['file', 's3'];
const plan = (seed: number, store: StoreKind): Round[] =>
  planChaos({ seed, steps: 200, kinds: kindsFor(store), times: 3 });

describe.each(stores)('a schedule of 200 steps with a store of kind %s', (store) => {
  it('has every kind three times', () => {
    for (const seed of seeds) {
      const counts = new Map<FaultKind, number>();
      for (const { kind } of plan(seed, store).flatMap(({ faults }) => faults))
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      expect(Object.fromEntries(counts), `seed ${seed}`).toEqual(
        Object.fromEntries(kindsFor(store).map((kind) => [kind, 3])),
      );
    }
  });

  it('is the same for the same seed, and another for another', () => {
    expect(plan(7, store)).toEqual(plan(7, store));
    expect(plan(7, store)).not.toEqual(plan(8, store));
  });

  it('leaves each round its steps, and begins none before or after the run', () => {
    for (const seed of seeds) {
      const rounds = plan(seed, store);
      const ends = [...rounds.slice(1).map(({ step }) => step), 200];
      expect(rounds[0]!.step).toBeGreaterThan(0);
      rounds.forEach(({ step }, index) =>
        expect(ends[index]! - step, `seed ${seed}`).toBeGreaterThanOrEqual(stepsPerRound),
      );
    }
  });

  it('strikes with two faults at once only where they are of different groups, and does so now and then', () => {
    const rounds = seeds.flatMap((seed) => plan(seed, store));
    const pairs = rounds.filter(({ faults }) => faults.length > 1);
    expect(pairs.length).toBeGreaterThan(seeds.length);
    for (const { faults } of pairs) expect(new Set(faults.map(({ kind }) => factsOf(kind).group)).size).toBe(2);
  });

  it('takes the workers from 1 to 6 to 2', () => {
    for (const seed of seeds) {
      const moves = plan(seed, store)
        .flatMap(({ faults }) => faults)
        .filter(({ workers }) => workers !== undefined);
      expect(moves.map(({ workers }) => workers)).toEqual([3, 6, 4, 2, 4, 2]);
      let before = 1;
      for (const { kind, workers } of moves) {
        expect(kind).toBe(workers! > before ? 'worker-joins' : 'worker-leaves');
        before = workers!;
      }
    }
  });
});

it('a run with too few steps is refused with the number it needs', () => {
  expect(() => planChaos({ seed: 1, steps: 20, kinds: kindsFor('file'), times: 3 })).toThrow(
    /expected at least \d+ steps for 51 faults in \d+ rounds, got 20/,
  );
});

describe('the next round', () => {
  const rounds = (...kinds: FaultKind[]): Round[] =>
    kinds.map((kind, step) => ({ step, afterMs: 0, faults: [{ kind, lastsMs: 0 }] }));
  const order = (rest: Round[], unready: FaultKind): FaultKind[] =>
    rest.map(() => nextRound(rest, ({ kind }) => kind !== unready).faults[0]!.kind);

  it('is the first while all is ready', () => {
    const kinds: FaultKind[] = ['worker-garbage', 'redis-full', 'worker-joins'];
    const rest = rounds(...kinds);
    expect(kinds.map(() => nextRound(rest, () => true).faults[0]!.kind)).toEqual(kinds);
    expect(rest).toEqual([]);
  });

  it('overtakes one for which something still starts, but none of its own group', () => {
    const rest = rounds('coordinator-frozen', 'redis-full', 'coordinator-killed', 'worker-killed');
    expect(order([...rest], 'coordinator-frozen').slice(0, 2)).toEqual(['redis-full', 'worker-killed']);
  });

  it('is the first, which then waits, if no other may go', () => {
    const rest = rounds('coordinator-frozen', 'coordinator-killed');
    expect(nextRound(rest, ({ kind }) => kind !== 'coordinator-frozen').faults[0]!.kind).toBe('coordinator-frozen');
    expect(rest).toHaveLength(1);
  });
});
