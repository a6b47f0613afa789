import { describe, expect, it } from 'vitest';
import { clipGradients, gradientNorm } from './gradient-norm.js';

describe('gradient norm', () => {
  it('is the root of the sum of squares over all tensors', () => {
    expect(gradientNorm([Float32Array.of(3, 0), Float32Array.of(4)])).toBe(5);
  });

  it('N1 is not finite when a gradient is not', () => {
    expect(gradientNorm([Float32Array.of(1), Float32Array.of(NaN)])).toBeNaN();
  });

  it('clipping scales to the largest norm allowed and leaves smaller gradients alone', () => {
    const gradients = [Float32Array.of(3, 0), Float32Array.of(4)];
    clipGradients(gradients, 5, 10);
    expect(gradients).toEqual([Float32Array.of(3, 0), Float32Array.of(4)]);
    clipGradients(gradients, 5, 1);
    expect(gradientNorm(gradients)).toBeCloseTo(1, 5);
  });
});
