// Goal: a run waits for a schedule that is late, and for none that is over. Method: the pure function.
import { expect, it } from 'vitest';
import { stepsPerRound } from './schedule.js';
import { resultMsFor } from './pace.js';

it('workers are slower the less steps are left for the rounds that are to come', () => {
  const needed = 10 * stepsPerRound;
  const paces = [needed + 100, needed + 12, needed + 1, needed, 1].map((steps) => resultMsFor(steps, 10));
  expect(paces).toEqual([25, 400, 400, 2000, 2000]);
  expect(resultMsFor(1, 0)).toBe(25);
});
