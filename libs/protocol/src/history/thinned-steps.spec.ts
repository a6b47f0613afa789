// Goal: a long history is thinned without losing its ends or its spikes, and a short one is left alone.
import { expect, it } from 'vitest';
import type { StepMetrics } from '../run/run-status.js';
import { thinnedSteps } from './thinned-steps.js';

const steps = (losses: readonly number[]): StepMetrics[] =>
  losses.map((loss, at) => ({ step: at + 1, loss }) as StepMetrics);

it('keeps at most so many steps of 100,000, in order, with the ends and every spike', () => {
  const losses = Array.from({ length: 100_000 }, (_, at) => 5 * Math.exp(-at / 20_000) + Math.sin(at) / 100);
  const [spike, dip] = [34_567, 78_901];
  losses[spike] = 40;
  losses[dip] = -40;
  const all = steps(losses);
  const kept = thinnedSteps(all, 2000);
  expect(kept.length).toBeLessThanOrEqual(2000);
  expect(kept.length).toBeGreaterThan(1900);
  const numbers = kept.map(({ step }) => step);
  expect(numbers).toEqual([...new Set(numbers)].sort((left, right) => left - right));
  for (const at of [0, spike, dip, losses.length - 1]) expect(kept).toContain(all[at]);
});

it.each([4, 5, 7, 10])('of %i points none is too many, whatever the number of steps', (points) => {
  for (let count = 0; count < 60; count += 1) {
    const all = steps(Array.from({ length: count }, (_, at) => (at * 7) % 11));
    const kept = thinnedSteps(all, points);
    expect(kept.length).toBeLessThanOrEqual(points);
    expect([kept[0], kept.at(-1)]).toEqual([all[0], all.at(-1)]);
    if (count <= points) expect(kept).toEqual(all);
  }
});
