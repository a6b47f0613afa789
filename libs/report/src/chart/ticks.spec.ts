import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stepTicks, valueTicks } from './ticks.js';

describe('valueTicks', () => {
  it('are round numbers from 0 to the first at or above the highest value', () => {
    expect(valueTicks(5.55)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(valueTicks(0.001)).toEqual([0, 0.0002, 0.0004, 0.0006, 0.0008, 0.001]);
    expect(valueTicks(0)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  });

  it('cover every range with three to nine ticks', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (highest) => {
        const ticks = valueTicks(highest);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(highest * (1 - 1e-9));
        expect(ticks.at(-2)).toBeLessThan(highest);
        expect(ticks.length).toBeGreaterThanOrEqual(3);
        expect(ticks.length).toBeLessThanOrEqual(9);
      }),
    );
  });
});

describe('stepTicks', () => {
  it('are whole steps, no more of them than there is room for', () => {
    expect(stepTicks(460, 6)).toEqual([0, 100, 200, 300, 400]);
    expect(stepTicks(20_000, 6)).toEqual([0, 5000, 10_000, 15_000, 20_000]);
    expect(stepTicks(2, 6)).toEqual([0, 1, 2]);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), fc.integer({ min: 1, max: 8 }), (last, most) => {
        const ticks = stepTicks(last, most);
        expect(ticks.length).toBeLessThanOrEqual(most + 1);
        expect(ticks[0]).toBe(0);
        expect(ticks.at(-1)).toBeLessThanOrEqual(last);
        expect(ticks.every(Number.isInteger)).toBe(true);
      }),
    );
  });
});
