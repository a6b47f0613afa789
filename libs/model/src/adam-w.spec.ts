import { describe, expect, it } from 'vitest';
import { adamW, type AdamWTensors } from './adam-w.js';

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

  it.each([0, 1, 3, 4, 5, 8, 11])('each of %i elements as it is on its own, to the last bit', (count) => {
    const series = (a: number, b: number): number[] => Array.from({ length: count }, (_, i) => a * Math.sin(b * (i + 1)));
    const together = { ...zeros(series(1, 2), series(1e-3, 3)), firstMoments: Float32Array.from(series(1e-3, 5)), secondMoments: Float32Array.from(series(1e-3, 7), (x) => x * x) };
    const alone = Array.from({ length: count }, (_, i) => {
      const one = Object.fromEntries(Object.entries(together).map(([name, values]) => [name, values.slice(i, i + 1)])) as unknown as AdamWTensors;
      adamW(one, { ...hyper, update: 7 }, 0.7);
      return one;
    });
    const gradients = together.gradients.slice();
    adamW(together, { ...hyper, update: 7 }, 0.7);
    for (const name of ['parameters', 'firstMoments', 'secondMoments'] as const) expect([...together[name]]).toEqual(alone.map((one) => one[name][0]));
    expect(together.gradients).toEqual(gradients);
  });

  it('clips: as if the gradients had been multiplied before', () => {
    const [clipped, multiplied] = [zeros([1, 2], [0.3, -7]), zeros([1, 2], [Math.fround(0.3) * 0.25, -7 * 0.25])];
    adamW(clipped, hyper, 0.25);
    adamW(multiplied, hyper);
    expect(clipped.parameters).toEqual(multiplied.parameters);
    expect(clipped.secondMoments).toEqual(multiplied.secondMoments);
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
