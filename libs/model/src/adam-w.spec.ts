import { describe, expect, it } from 'vitest';
import { adamW } from './adam-w.js';

describe('adamW', () => {
  const hyper = { learningRate: 0.1, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2, update: 1 };

  it('first update: decay, then lr in the direction of the gradient, whatever its size', () => {
    const tensors = zeros([1, -2, 3], [1e-3, -50, 0]);
    adamW(tensors, hyper);
    expect(Math.abs(tensors.parameters[0]! - (0.98 - 0.1 * (1e-3 / (1e-3 + 1e-6))))).toBeLessThan(1e-7);
    expect(tensors.parameters[1]).toBeCloseTo(-1.96 + 0.1, 6);
    expect(tensors.parameters[2]).toBeCloseTo(2.94, 6);
    expect(tensors.firstMoments[1]).toBeCloseTo(-5, 6);
  });

  it('second update: bias-corrected means of both gradients', () => {
    const tensors = zeros([1], [2]);
    adamW(tensors, { ...hyper, weightDecay: 0 });
    tensors.gradients[0] = -1;
    const before = tensors.parameters[0]!;
    adamW(tensors, { ...hyper, weightDecay: 0, update: 2 });
    const first = (0.9 * 0.2 + 0.1 * -1) / (1 - 0.81);
    const second = (0.98 * 0.08 + 0.02) / (1 - 0.9604);
    expect(tensors.parameters[0]! - before).toBeCloseTo((-0.1 * first) / (Math.sqrt(second) + 1e-6), 6);
  });
});

function zeros(parameters: number[], gradients: number[]) {
  return {
    parameters: Float32Array.from(parameters),
    gradients: Float32Array.from(gradients),
    firstMoments: new Float32Array(parameters.length),
    secondMoments: new Float32Array(parameters.length),
  };
}
