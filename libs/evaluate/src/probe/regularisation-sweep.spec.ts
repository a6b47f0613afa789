import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sweepRegularisation } from './regularisation-sweep.js';

describe('sweepRegularisation', () => {
  it('finds the peak of any curve that rises and then falls, with at most 15 of the 97 values', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -48, max: 48 }), async (place) => {
        const { best, tried } = await sweepRegularisation(async (lambda) => -Math.abs(Math.log10(lambda) - place / 8));
        expect(Math.log10(best.lambda)).toBeCloseTo(place / 8, 10);
        expect(tried.length).toBeLessThanOrEqual(15);
        expect(tried.every(({ lambda }) => lambda >= 0.999e-6 && lambda <= 1.001e6)).toBe(true);
        expect(tried.map(({ lambda }) => lambda)).toEqual(tried.map(({ lambda }) => lambda).sort((a, b) => a - b));
      }),
    );
  });

  it('takes the largest of the values that are equally good', async () => {
    expect((await sweepRegularisation(async () => 0.5)).best.lambda).toBe(1e6);
    expect((await sweepRegularisation(async (lambda) => (lambda < 0.5 ? 1 : 0))).best.lambda).toBeCloseTo(10 ** -0.375);
  });
});
