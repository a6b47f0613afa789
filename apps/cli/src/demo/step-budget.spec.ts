import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stepBudget } from './step-budget.js';

const limits = { stepsMin: 20, stepsMax: 100_000 };

it('divides the time by the lower quartile of the steps after warm-up', () => {
  const { steps, stepMs } = stepBudget({
    measuredMs: [2000, 900, 500, 510, 490, 530, 700],
    budgetMs: 210_000,
    ...limits,
  });
  expect(stepMs).toBeCloseTo(400); // 0.8 of 500: later steps find their images decoded
  expect(steps).toBe(Math.floor((210_000 - 1600 - 500) / 400));
});

it('one slow step does not change it', () => {
  const calm = stepBudget({ measuredMs: [800, 500, 500, 500, 500, 500], budgetMs: 60_000, ...limits });
  const disturbed = stepBudget({ measuredMs: [800, 500, 500, 9000, 500, 500], budgetMs: 60_000, ...limits });
  expect(disturbed.steps).toBe(calm.steps);
});

it('keeps to the limits and says so', () => {
  expect(stepBudget({ measuredMs: [1, 1, 60_000], budgetMs: 60_000, ...limits })).toMatchObject({
    steps: 20,
    reason: expect.stringContaining('minimum'),
  });
  expect(stepBudget({ measuredMs: [1, 1, 0.1], budgetMs: 60_000, ...limits })).toMatchObject({
    steps: 100_000,
    reason: expect.stringContaining('maximum'),
  });
});

it('the steps chosen take less than the time given, at the measured speed', () => {
  const ms = fc.double({ min: 1, max: 5000, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(ms, { minLength: 3, maxLength: 12 }),
      fc.integer({ min: 1000, max: 10_000_000 }),
      (measuredMs, budgetMs) => {
        const { steps, stepMs } = stepBudget({ measuredMs, budgetMs, stepsMin: 1, stepsMax: 1e9 });
        expect(steps === 1 || steps * stepMs <= budgetMs).toBe(true);
      },
    ),
  );
});

it('refuses to guess from the first steps alone', () => {
  expect(() => stepBudget({ measuredMs: [10, 10], budgetMs: 1000, ...limits })).toThrow(
    'expected more than 2 measured steps, got 2',
  );
});
