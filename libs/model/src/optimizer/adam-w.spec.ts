import { describe, expect, it } from 'vitest';
import { adamW, blockValues, type AdamWHyper } from './adam-w.js';

describe('adamW', () => {
  const hyper = { learningRate: 0.1, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2, update: 1 };

  it('first update: decays the value, then steps by lr against the gradient, whatever its size', () => {
    const tensors = zeros([1, -2, 3], [1e-3, -50, 0]);
    adamW(tensors, hyper);
    expect(Math.abs(tensors.parameters[0]! - (0.98 - 0.1 * (1e-3 / (1e-3 + 1e-6))))).toBeLessThan(1e-7);
    expect(tensors.parameters[1]).toBeCloseTo(-1.96 + 0.1, 6);
    expect(tensors.parameters[2]).toBeCloseTo(2.94, 6);
    expect(tensors.firstMoments[1]).toBeCloseTo(-5, 6);
  });

  it('second update: steps along the bias-corrected means of both gradients', () => {
    const tensors = zeros([1], [2]);
    adamW(tensors, { ...hyper, weightDecay: 0 });
    tensors.gradients[0] = -1;
    const before = tensors.parameters[0]!;
    adamW(tensors, { ...hyper, weightDecay: 0, update: 2 });
    const first = (0.9 * 0.2 + 0.1 * -1) / (1 - 0.81);
    const second = (0.98 * 0.08 + 0.02) / (1 - 0.9604);
    expect(tensors.parameters[0]! - before).toBeCloseTo((-0.1 * first) / (Math.sqrt(second) + 1e-6), 6);
  });

  const counts = [0, 1, 2, 5, blockValues, 2 * blockValues + 3];
  it.each(counts.flatMap((count) => [1, 0.7].map((factor) => ({ count, factor }))))(
    'updates each of $count values, gradients times $factor, as the formula says, to the last bit',
    ({ count, factor }) => {
      const series = (a: number, b: number): number[] =>
        Array.from({ length: count }, (_, i) => a * Math.sin(b * (i + 1)));
      const tensors = {
        parameters: shared(series(1, 2)),
        gradients: shared(series(1e-3, 3)),
        firstMoments: shared(series(1e-3, 5)),
        secondMoments: shared(series(1e-3, 7).map((x) => x * x)),
      };
      const expected = Array.from({ length: count }, (_, i) =>
        updatedOne(Object.values(tensors).map((values) => values[i]) as Four, { ...hyper, update: 7 }, factor),
      );
      const gradients = tensors.gradients.slice();
      adamW(tensors, { ...hyper, update: 7 }, factor);
      expect(tensors).toEqual({
        parameters: Float32Array.from(expected, ([p]) => p),
        gradients,
        firstMoments: Float32Array.from(expected, ([, m]) => m),
        secondMoments: Float32Array.from(expected, ([, , v]) => v),
      });
      for (const values of Object.values(tensors)) expect(neighbours(values)).toEqual([untouched, untouched]);
    },
  );

  it('clipping gives the same as multiplying the gradients beforehand', () => {
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

const untouched = 42;

/** Values in shared memory, between two neighbours that nobody may touch and not aligned to larger words. */
function shared(values: readonly number[]): Float32Array {
  const memory = new Float32Array(new SharedArrayBuffer((values.length + 2) * 4)).fill(untouched);
  memory.set(values, 1);
  return memory.subarray(1, values.length + 1);
}

function neighbours({ buffer, length }: Float32Array): (number | undefined)[] {
  const memory = new Float32Array(buffer);
  return [memory[0], memory[length + 1]];
}

type Four = [parameter: number, gradient: number, firstMoment: number, secondMoment: number];

/** The formula in JavaScript, for one value. */
function updatedOne(
  [parameter, gradient, firstMoment, secondMoment]: Four,
  { learningRate, beta1, beta2, epsilon, weightDecay, update }: AdamWHyper,
  factor: number,
): [number, number, number] {
  const g = Math.fround(gradient * factor);
  const m = beta1 * firstMoment + (1 - beta1) * g;
  const v = beta2 * secondMoment + (1 - beta2) * g * g;
  const [rate, correction] = [learningRate / (1 - beta1 ** update), 1 / Math.sqrt(1 - beta2 ** update)];
  return [(1 - learningRate * weightDecay) * parameter - (rate * m) / (Math.sqrt(v) * correction + epsilon), m, v];
}
