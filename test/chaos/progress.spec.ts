// Goal: recovery is the time that a fault costs, not the time that it lasts. Method: made-up commits.
import { expect, it } from 'vitest';
import { median, recoveryMs, type Commit } from './progress.js';

const commitsAt = (...timesMs: number[]): Commit[] => timesMs.map((atMs, index) => ({ step: index, atMs }));

it('recovery is the longest wait for the two commits after the fault, less a usual step', () => {
  expect(recoveryMs(commitsAt(0, 50, 1150, 1200), 60, 50)).toBe(1040);
  expect(recoveryMs(commitsAt(0, 50, 100, 1200), 60, 50)).toBe(1050);
});

it('a fault that nobody notices costs nothing', () => {
  expect(recoveryMs(commitsAt(0, 50, 100, 150), 60, 50)).toBe(0);
});

it('it is not known before two steps are committed', () => {
  expect(recoveryMs(commitsAt(0, 50, 100), 60, 50)).toBeUndefined();
});

it('the median of an even number of values is the mean of the middle two', () => {
  expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
});
