// Goal: a comparison of two runs finds every difference. Method: runs that differ in one value, or in one step.
import { expect, it } from 'vitest';
import { compareRuns, isIdentical, type FoundRun } from './compare.js';
import type { TrainedRun } from './reference.js';

const reference: TrainedRun = {
  parameters: Uint8Array.of(1, 2),
  moments: Uint8Array.of(3, 4),
  losses: [2.5, 1.5, 0.5],
};
const found: FoundRun = {
  parameters: Uint8Array.of(1, 2),
  moments: Uint8Array.of(3, 4),
  metrics: [2.5, 1.5, 0.5].map((loss, index) => ({ step: index + 1, loss })),
};

it('equal runs are identical', () => {
  const comparison = compareRuns(reference, found);
  expect(comparison).toEqual({ parameters: true, moments: true, losses: true, firstDifferentStep: null });
  expect(isIdentical(comparison)).toBe(true);
});

it.each<[string, Partial<FoundRun>, object]>([
  ['a parameter', { parameters: Uint8Array.of(1, 3) }, { parameters: false }],
  ['a moment', { moments: Uint8Array.of(3, 4, 0) }, { moments: false }],
  [
    'one loss, in its last bit',
    { metrics: found.metrics.with(1, { step: 2, loss: 1.5 + Number.EPSILON }) },
    { losses: false, firstDifferentStep: 2 },
  ],
  ['a step that is missing', { metrics: found.metrics.toSpliced(1, 1) }, { losses: false, firstDifferentStep: 2 }],
  [
    'a step that is there twice',
    { metrics: [...found.metrics, found.metrics[2]!] },
    { losses: false, firstDifferentStep: 4 },
  ],
])('finds %s', (_, change, difference) => {
  const comparison = compareRuns(reference, { ...found, ...change });
  expect(comparison).toMatchObject(difference);
  expect(isIdentical(comparison)).toBe(false);
});
