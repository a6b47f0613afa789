import { describe, expect, it } from 'vitest';
import { clipFactor, normOf, sumOfSquares } from './gradient-norm.js';

describe('gradient norm', () => {
  it('is the root of the sum of squares over all pieces', () => {
    expect(normOf(Float64Array.of(sumOfSquares(Float32Array.of(3, 0)), sumOfSquares(Float32Array.of(4))))).toBe(5);
  });

  it.each([0, 1, 3, 4, 7, 1000])('adds every one of %i values', (count) => {
    const values = Float32Array.from({ length: count }, (_, i) => i + 1);
    expect(sumOfSquares(values)).toBe((count * (count + 1) * (2 * count + 1)) / 6);
  });

  it('squares large values without overflow and small ones without loss', () => {
    expect(sumOfSquares(Float32Array.of(1e30))).toBeCloseTo(1e60, -54);
    expect(Math.sqrt(sumOfSquares(Float32Array.of(2 ** -140)))).toBe(2 ** -140);
  });

  it.each([0, 1, 2, 3, 4, 5])('N1 is not finite if value %i is not', (at) => {
    for (const bad of [NaN, Infinity])
      expect(Number.isFinite(sumOfSquares(new Float32Array(6).fill(bad, at, at + 1)))).toBe(false);
  });

  it('clipping scales to the largest norm allowed and leaves smaller gradients alone', () => {
    expect(clipFactor(5, 10)).toBe(1);
    expect(clipFactor(5, 1)).toBeCloseTo(0.2, 6);
    expect(clipFactor(0, 1)).toBe(1);
  });
});
