import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axis, stepAxis } from './axis.js';

describe('axis', () => {
  it('has round ticks and ends on one', () => {
    expect(axis(0, 5.55, 4)).toEqual({ low: 0, high: 6, ticks: [0, 1, 2, 3, 4, 5, 6] });
    expect(axis(0, 0.001, 4).ticks).toEqual([0, 0.0002, 0.0004, 0.0006, 0.0008, 0.001]);
    expect(axis(0, 0, 4).ticks).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });

  it('covers every range with three to nine ticks', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (high) => {
        const { ticks, high: top } = axis(0, high, 4);
        expect(top).toBeGreaterThanOrEqual(high * (1 - 1e-9));
        expect(ticks.length).toBeGreaterThanOrEqual(3);
        expect(ticks.length).toBeLessThanOrEqual(9);
      }),
    );
  });
});

describe('stepAxis', () => {
  it('ends at the last step and has no more ticks than there is room for', () => {
    expect(stepAxis(460, 6)).toEqual({ low: 0, high: 460, ticks: [0, 100, 200, 300, 400] });
    expect(stepAxis(20_000, 6).ticks).toEqual([0, 5000, 10_000, 15_000, 20_000]);
    expect(stepAxis(2, 6).ticks).toEqual([0, 1, 2]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), fc.integer({ min: 1, max: 8 }), (last, most) => {
        expect(stepAxis(last, most).ticks.length).toBeLessThanOrEqual(most + 1);
      }),
    );
  });
});
