// Goal: runs of one priority get equal numbers of workers, a higher priority goes first, and no worker idles while a
// run has tasks. Method: small cases written by hand, and a property test over random ones.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { share, type Demand, type Taker } from './share.js';

const demand = (run: string, open: number, changes: Partial<Demand> = {}): Demand => ({
  ...{ run, open, priority: 0, held: 0, fits: () => true, prefers: () => false },
  ...changes,
});
const taker = (worker: string, held = 0, lastRun?: string): Taker => ({ worker, held, lastRun });
const shares = (demands: readonly Demand[], takers: readonly Taker[]): Record<string, string[]> =>
  Object.fromEntries([...share(demands, takers)].map(([run, given]) => [run, given.map(({ worker }) => worker)]));

describe('share', () => {
  it('a single run gets all workers, but no more than it has tasks', () => {
    expect(shares([demand('a', 9)], [taker('v'), taker('w', 1, 'a')])).toEqual({ a: ['v', 'w'] });
    expect(shares([demand('a', 1)], [taker('v'), taker('w')])).toEqual({ a: ['v'] });
  });

  it('of several workers a run gets those that should rather do its tasks', () => {
    const prefers = (worker: string): boolean => worker === 'w';
    expect(shares([demand('a', 1, { prefers })], [taker('v', 0, 'a'), taker('w')])).toEqual({ a: ['w'] });
    expect(
      shares(
        [demand('a', 2, { prefers })],
        ['u', 'v', 'w'].map((id) => taker(id)),
      ),
    ).toEqual({ a: ['w', 'u'] });
  });

  it('two runs of one priority get two workers each of four', () => {
    const workers = ['s', 't', 'u', 'v'].map((id) => taker(id));
    expect(shares([demand('a', 9), demand('b', 9)], workers)).toEqual({ a: ['s', 'u'], b: ['t', 'v'] });
  });

  it('a run that has workers already gets the fewer new ones', () => {
    expect(shares([demand('a', 9, { held: 2 }), demand('b', 9)], [taker('v'), taker('w')])).toEqual({
      a: [],
      b: ['v', 'w'],
    });
  });

  it('what one run leaves goes to the other', () => {
    const workers = ['s', 't', 'u', 'v'].map((id) => taker(id));
    expect(shares([demand('a', 1), demand('b', 9)], workers)).toEqual({ a: ['s'], b: ['t', 'u', 'v'] });
  });

  it('a higher priority gets its workers first', () => {
    expect(shares([demand('a', 9), demand('b', 1, { priority: 5 })], [taker('v'), taker('w')])).toEqual({
      a: ['w'],
      b: ['v'],
    });
  });

  it('a worker that is too small for a run gets tasks of another, and else none', () => {
    const large = demand('a', 9, { priority: 5, fits: (worker) => worker === 'v' });
    expect(shares([large, demand('b', 9)], [taker('u'), taker('v'), taker('w', 1, 'a')])).toEqual({
      a: ['v'],
      b: ['u', 'w'],
    });
    expect(shares([large], [taker('u'), taker('w', 1, 'a')])).toEqual({ a: [] });
  });

  it('workers stay with the run they worked for', () => {
    expect(shares([demand('a', 9), demand('b', 9)], [taker('v', 0, 'b'), taker('w', 0, 'a')])).toEqual({
      a: ['w'],
      b: ['v'],
    });
    expect(shares([demand('a', 9), demand('b', 9)], [taker('v', 1, 'b'), taker('w', 1, 'a')])).toEqual({
      a: ['w'],
      b: ['v'],
    });
  });

  it('properties: every worker that a task is left for gets one, and equal runs differ by at most one worker', () => {
    const demands = fc.uniqueArray(
      fc.record({
        run: fc.constantFrom('a', 'b', 'c'),
        open: fc.nat(9),
        priority: fc.nat(1),
        held: fc.constant(0),
        fits: fc.constant(() => true),
        prefers: fc.nat(8).map((preferred) => (worker: string) => worker === `w${preferred}`),
      }),
      { selector: ({ run }) => run },
    );
    const lastRuns = fc.array(fc.constantFrom('a', 'b', 'c', undefined), { maxLength: 8 });
    fc.assert(
      fc.property(demands, lastRuns, (wanted, last) => {
        const takers = last.map((run, index) => taker(`w${index}`, 0, run));
        const shared = share(wanted, takers);
        const given = (run: string): number => shared.get(run)!.length;
        const open = wanted.reduce((sum, one) => sum + one.open, 0);
        expect(wanted.reduce((sum, { run }) => sum + given(run), 0)).toBe(Math.min(open, takers.length));
        for (const one of wanted) {
          expect(given(one.run)).toBeLessThanOrEqual(one.open);
          const unserved = wanted.filter((other) => given(other.run) < other.open);
          for (const other of unserved.filter(({ priority }) => priority >= one.priority))
            expect(given(one.run)).toBeLessThanOrEqual(other.priority > one.priority ? 0 : given(other.run) + 1);
        }
      }),
    );
  });
});
