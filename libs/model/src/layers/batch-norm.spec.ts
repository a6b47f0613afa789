import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { batchNorm } from './batch-norm.js';
import { relu } from './relu.js';
import { updateRunningStatistic } from '../parameters/running-statistics.js';

beforeAll(() => tf.setBackend('cpu'));

const wave = (shape: number[], phase: number): Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((size, extent) => size * extent, 1) }, (_, at) =>
      Math.sin(3 * at + phase),
    ),
    shape,
  );
const x = tf.add(wave([2, 3, 4, 5], 1), tf.range(0, 5)); // [b, H, W, C]
const dy = wave([2, 3, 4, 5], 2);
const [gain, bias] = [tf.add(wave([5], 3), 2), wave([5], 4)];
const values = 2 * 3 * 4;

const plainly = (...[of, by, plus]: Tensor[]): Tensor => {
  const { mean, variance } = tf.moments(of!, [0, 1, 2]);
  return tf.add(tf.mul(tf.div(tf.sub(of!, mean), tf.sqrt(tf.add(variance, 1e-5))), by!), plus!);
};

describe('batchNorm', () => {
  it('with batch statistics: value and gradients, which go through them, are those that tfjs derives', () => {
    const own = (...[of, by, plus]: Tensor[]): Tensor =>
      batchNorm(of!, { 'bn.weight': by!, 'bn.bias': plus! }, 'bn', { kind: 'batch', batchStatistics: {} });
    const actual = tf.valueAndGrads(own)([x, gain, bias], dy);
    const expected = tf.valueAndGrads(plainly)([x, gain, bias], dy);
    expectNear(actual.value, expected.value, 1e-5);
    expected.grads.forEach((gradient, i) => expectNear(actual.grads[i]!, gradient, 1e-5));
  });

  it('records the mean and the unbiased variance, and keeps them when the tidy around it ends', () => {
    const batchStatistics: Record<string, Tensor> = {};
    tf.tidy(() => batchNorm(x, { 'bn.weight': gain, 'bn.bias': bias }, 'bn', { kind: 'batch', batchStatistics }));
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    expect(Object.keys(batchStatistics)).toEqual(['bn.running_mean', 'bn.running_var']);
    expectNear(batchStatistics['bn.running_mean']!, mean, 1e-6);
    expectNear(batchStatistics['bn.running_var']!, tf.mul(variance, values / (values - 1)), 1e-6);
  });

  it('with running statistics: gives the same if they equal those of the batch', () => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    const p = { 'bn.weight': gain, 'bn.bias': bias, 'bn.running_mean': mean, 'bn.running_var': variance };
    expectNear(batchNorm(x, p, 'bn', { kind: 'running' }), plainly(x, gain, bias), 1e-5);
  });
});

it('relu: value and gradient, which is zero at zero', () => {
  const { value, grads } = tf.valueAndGrads((of: Tensor) => relu(of))(
    [tf.tensor1d([-2, 0, 3])],
    tf.tensor1d([5, 6, 7]),
  );
  expect([[...value.dataSync()], [...grads[0]!.dataSync()]]).toEqual([
    [0, 0, 3],
    [0, 0, 7],
  ]);
});

it('a step replaces a tenth of a running statistic', () => {
  const running = Float32Array.of(0, 1, 3);
  updateRunningStatistic(running, Float32Array.of(2, 1, -1));
  expect(running).toEqual(Float32Array.of(0.2, 1, 2.6));
});

function expectNear(actual: Tensor, expected: Tensor, tolerance: number): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]).toBeLessThan(tolerance);
}
