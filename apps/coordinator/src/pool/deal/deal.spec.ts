// Goal: no worker idles while another has a task in reserve, and the worker that has loaded a shard gets it.
// Method: small cases written by hand, and a property test over random ones.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deal, type OpenTask } from './deal.js';

type NumberedTask = OpenTask & { readonly id: string };

function open(count: number, preferred: Readonly<Record<number, string>> = {}): NumberedTask[] {
  return Array.from({ length: count }, (_, shard) => ({
    id: String(shard),
    preferred: preferred[shard],
  }));
}
function hands(tasks: readonly NumberedTask[], held: Readonly<Record<string, number>>): Record<string, string[]> {
  const dealt: Record<string, string[]> = Object.fromEntries(Object.keys(held).map((worker) => [worker, []]));
  for (const { task, worker } of deal(tasks, new Map(Object.entries(held)))) dealt[worker]!.push(task.id);
  return dealt;
}

describe('deal', () => {
  it('as many tasks as workers: every worker gets one', () => {
    expect(hands(open(2), { a: 0, b: 0 })).toEqual({ a: ['0'], b: ['1'] });
  });

  it('twice as many tasks as workers: every worker gets one to work on and one to load meanwhile', () => {
    expect(hands(open(4), { a: 0, b: 0 })).toEqual({ a: ['0', '2'], b: ['1', '3'] });
  });

  it('tasks that are too few for a second round wait for the first free worker', () => {
    expect(hands(open(3), { a: 0, b: 0 })).toEqual({ a: ['0'], b: ['1'] });
    expect(hands(open(1), { a: 1, b: 1 })).toEqual({ a: [], b: [] });
    expect(hands(open(1), { a: 1, b: 0 })).toEqual({ a: [], b: ['0'] });
    expect(hands(open(1), { a: 2, b: 1 })).toEqual({ a: [], b: ['0'] });
  });

  it('no worker holds more than two tasks', () => {
    expect(hands(open(9), { a: 0, b: 2 })).toEqual({ a: ['0', '1'], b: [] });
  });

  it('a shard goes to the worker that has loaded it or, if that worker is gone, to any worker', () => {
    expect(hands(open(2, { 0: 'b' }), { a: 0, b: 0 })).toEqual({ a: ['1'], b: ['0'] });
    expect(hands(open(2, { 0: 'b', 1: 'a' }), { a: 0, b: 0, c: 0 })).toEqual({ a: ['1'], b: ['0'], c: [] });
    expect(hands(open(2, { 0: 'gone' }), { a: 0, b: 0 })).toEqual({ a: ['0'], b: ['1'] });
  });

  it('a worker whose shards are done takes the last of the one that has the most left', () => {
    const mostlyB = { 0: 'a', 1: 'b', 2: 'b', 3: 'b', 4: 'c', 5: 'c' };
    expect(hands(open(6, mostlyB), { a: 1, b: 2, c: 2, d: 0 })).toEqual({ a: ['0'], b: [], c: [], d: ['3', '5'] });
    expect(hands(open(2, { 0: 'b', 1: 'b' }), { a: 0, b: 2 })).toEqual({ a: ['1', '0'], b: [] });
  });

  it('deals no task twice, and leaves none open while a worker has nothing to do', () => {
    const held = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 2 }), {
      minKeys: 1,
      noNullPrototype: true,
    });
    const preferences = fc.dictionary(fc.integer({ min: 0, max: 11 }).map(String), fc.constantFrom('a', 'b', 'e'), {
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), preferences, held, (count, preferred, before) => {
        const dealt = deal(open(count, preferred), new Map(Object.entries(before)));
        expect(new Set(dealt.map(({ task }) => task.id)).size).toBe(dealt.length);
        const after = Object.entries(before).map(
          ([worker, tasks]) => tasks + dealt.filter((one) => one.worker === worker).length,
        );
        expect(Math.max(...after)).toBeLessThanOrEqual(2);
        if (dealt.length < count) expect(Math.min(...after)).toBeGreaterThan(0);
      }),
    );
  });
});
