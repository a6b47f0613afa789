import { expect, it } from 'vitest';
import type { RunState } from '#protocol/run/run-status.js';
import { expiredRuns, type EndedRun } from './expired-runs.js';

const now = new Date('2026-03-31T00:00:00.000Z');
const run = (day: number, state: RunState = 'completed'): EndedRun => ({
  id: `day-${day}`,
  state,
  store: 'file:/store',
  createdAt: '2026-01-01T00:00:00.000Z',
  endedAt: `2026-03-${String(day).padStart(2, '0')}T00:00:00.000Z`,
});
const completed = { runs: undefined, days: undefined, states: ['completed'] } as const;
const idsOf = (runs: readonly EndedRun[], rules: Parameters<typeof expiredRuns>[1]): string[] =>
  expiredRuns(runs, rules, now).map(({ id }) => id);

it('the oldest beyond the number go, in the order of their ends', () => {
  expect(idsOf([run(5), run(1), run(9), run(3)], { ...completed, runs: 2 })).toEqual(['day-1', 'day-3']);
  expect(idsOf([run(5), run(1)], { ...completed, runs: 2 })).toEqual([]);
});

it('those that ended longer ago than the days go, however few there are', () => {
  expect(expiredRuns([run(1), run(2), run(30)], { ...completed, days: 29 }, now)).toEqual([
    {
      id: 'day-1',
      why:
        'It is completed since 2026-03-01T00:00:00.000Z, and runs are kept for 29 days ' + '(TANDEM_KEEP_RUNS_DAYS).',
    },
  ]);
});

it('either limit is enough', () => {
  expect(idsOf([run(1), run(20), run(21), run(22)], { ...completed, runs: 2, days: 29 })).toEqual(['day-1', 'day-20']);
  expect(idsOf([run(1), run(20)], { ...completed, runs: 2, days: 29 })).toEqual(['day-1']);
});

it('runs of other states are neither removed nor counted', () => {
  const runs = [run(1, 'failed'), run(2, 'cancelled'), run(3, 'paused'), run(4), run(5)];
  expect(idsOf(runs, { ...completed, runs: 1 })).toEqual(['day-4']);
  expect(idsOf(runs, { runs: 1, days: undefined, states: ['completed', 'failed', 'cancelled'] })).toEqual([
    'day-1',
    'day-2',
    'day-4',
  ]);
});

it('without a limit nothing goes', () => {
  expect(idsOf([run(1), run(2)], completed)).toEqual([]);
});
