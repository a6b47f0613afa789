import { describe, expect, it } from 'vitest';
import { learningRate } from './learning-rate.js';

describe('learningRate', () => {
  // 32 epochs of 400 million pairs in batches of 32,768.
  const clip = { kind: 'cosine', peak: 5e-4, warmupSteps: 2000, steps: 390_625 } as const;

  it.each([
    [0, 2.5e-7],
    [999, 2.5e-4],
    [1999, 5e-4],
    [2000, 5e-4],
    [100_000, 4.2556685e-4],
    [196_312, 2.50001e-4],
    [390_624, 8.17e-15],
  ])('step %i: %f', (step, expected) => {
    expect(Math.abs(learningRate(step, clip) / expected - 1)).toBeLessThan(1e-3);
    expect(Math.abs(learningRate(step, clip) - expected)).toBeLessThan(1e-10);
  });

  it('constant: the peak after the warm-up', () => {
    const constant = { ...clip, kind: 'constant' } as const;
    expect([0, 1999, 2000, 390_624].map((step) => learningRate(step, constant))).toEqual([2.5e-7, 5e-4, 5e-4, 5e-4]);
  });

  it('no warm-up: starts at the peak', () => {
    expect(learningRate(0, { ...clip, warmupSteps: 0 })).toBe(5e-4);
  });
});
