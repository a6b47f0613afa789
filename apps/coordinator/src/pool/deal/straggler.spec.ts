// Goal: a task is late only if its peers have shown how long it takes; slow workers are left out where that is faster,
// and are tried again. Method: times written by hand.
import { describe, expect, it } from 'vitest';
import type { Task } from '#protocol/pool/task.js';
import { openPace } from './pace.js';
import { isLate, leavesItToOthers } from './straggler.js';

const task = { run: 'r', kind: 'encode' } as Task;

describe('isLate', () => {
  it('after the factor times what its peers took, and never if nobody knows what it takes', () => {
    expect(isLate({ elapsedMs: 1999, typicalMs: 1000 }, 2)).toBe(false);
    expect(isLate({ elapsedMs: 2000, typicalMs: 1000 }, 2)).toBe(true);
    expect(isLate({ elapsedMs: 1e9, typicalMs: undefined }, 2)).toBe(false);
  });

  it('a short task has a while for the news of its answer', () => {
    expect(isLate({ elapsedMs: 200, typicalMs: 10 }, 2)).toBe(false);
    expect(isLate({ elapsedMs: 260, typicalMs: 10 }, 2)).toBe(true);
  });
});

describe('leavesItToOthers', () => {
  it('if they would have done all that is open before it had done one', () => {
    expect(leavesItToOthers(10, 8, 3, 2)).toBe(true);
    expect(leavesItToOthers(10, 64, 3, 2)).toBe(false);
    expect(leavesItToOthers(1.5, 1, 3, 2)).toBe(false);
    expect(leavesItToOthers(10, 1, 0, 2)).toBe(false);
  });
});

describe('the pace', () => {
  it('compares a worker with the median of the others, and forgets that it was slow', () => {
    const pace = openPace();
    for (const [worker, tookMs] of [
      ['a', 100],
      ['b', 120],
      ['slow', 1000],
    ] as const)
      pace.done(worker, task, tookMs, 0);
    expect(pace.typicalMs(task, 'slow')).toBe(100);
    expect(pace.typicalMs({ ...task, kind: 'backprop' })).toBeUndefined();
    expect(pace.slowness('slow', 0)).toBeCloseTo(5.5);
    expect(pace.slowness('slow', 1_999)).toBeCloseTo(5.5);
    expect(pace.slowness('slow', 2_000)).toBe(1); // A first task is slow once.
    pace.done('slow', task, 1000, 2_000);
    expect(pace.slowness('slow', 21_999)).toBeCloseTo(5.5); // The first is not averaged with what comes later.
    expect(pace.slowness('slow', 22_000)).toBe(1);
    pace.done('slow', task, 100, 22_000);
    expect(pace.slowness('slow', 31_999)).toBe(1);
    expect(pace.slowness('unknown', 0)).toBe(1);
  });

  it('L1: keeps the times of a limited number of runs', () => {
    const pace = openPace();
    for (let run = 0; run < 100; run++) pace.done('a', { ...task, run: String(run) }, 1, 0);
    expect(pace.typicalMs({ ...task, run: '35' })).toBeUndefined();
    expect(pace.typicalMs({ ...task, run: '36' })).toBe(1);
  });
});
