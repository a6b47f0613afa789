import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gradientScale } from './gradient-scale.js';

describe('gradientScale', () => {
  it('is a power of two that brings the largest magnitude into [1, 2), negative or not', () => {
    const normal = fc.float({ min: Math.fround(2 ** -120), max: Math.fround(2 ** 120), noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(normal, fc.boolean()), { minLength: 1 }), (drawn) => {
        const gradients = Float32Array.from(drawn, ([value, negative]) => (negative ? -value : value));
        const scale = gradientScale(gradients);
        expect(Math.log2(scale) % 1).toBeCloseTo(0, 12);
        const largest = Math.max(...gradients.map(Math.abs)) * scale;
        expect(largest).toBeGreaterThanOrEqual(1);
        expect(largest).toBeLessThan(2);
      }),
    );
  });

  it('is 1 for zeros, and is limited for numbers too small or too large to be scaled all the way', () => {
    expect(gradientScale(new Float32Array(3))).toBe(1);
    expect(gradientScale(Float32Array.of(2 ** -140))).toBe(2 ** 126);
    expect(gradientScale(Float32Array.of(-(2 ** 127)))).toBe(2 ** -126);
  });
});
