import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { gelu } from './gelu.js';
import { gatherRows } from './gather-rows.js';
import { layerNorm } from './layer-norm.js';
import { quickGelu } from './quick-gelu.js';
import { unitRows } from './unit-rows.js';

const points = [-3, -1, -0.5, 0.5, 1, 2, 3];

beforeAll(() => tf.setBackend('cpu'));

describe('activations', () => {
  it('gelu has the published values', () => {
    expectNear(gelu(tf.tensor1d(points)), [-0.00405, -0.158655, -0.154269, 0.345731, 0.841345, 1.9545, 2.99595], 1e-6);
  });

  it('quickGelu has the published values', () => {
    expectNear(
      quickGelu(tf.tensor1d(points)),
      [-0.018071, -0.154204, -0.149612, 0.350388, 0.845796, 1.935659, 2.981929],
      1e-6,
    );
  });
});

describe('hand-written gradients equal those that tfjs derives', () => {
  const x = tf.tensor2d([0.3, -1.2, 2.5, 0.7, -0.4, 1.1, 0.05, -2.2, 0.9, 1.3, -0.6, 0.2], [3, 4]);
  const dy = tf.tensor2d([1, -2, 0.5, 0.3, 0.7, 1.5, -1, 0.2, 0.4, -0.9, 2, 1.1], [3, 4]);
  const gain = tf.tensor1d([1.1, 0.9, 1.5, 0.4]);
  const bias = tf.tensor1d([0.1, -0.2, 0.3, 0]);

  const cases: Record<string, { own: Op; plain: Op; inputs: tf.Tensor[] }> = {
    gelu: { own: gelu, plain: (t) => tf.mul(t, tf.add(0.5, tf.mul(0.5, tf.erf(tf.div(t, Math.SQRT2))))), inputs: [x] },
    quickGelu: { own: quickGelu, plain: (t) => tf.mul(t, tf.sigmoid(tf.mul(1.702, t))), inputs: [x] },
    unitRows: { own: unitRows, plain: (t) => tf.div(t, tf.norm(t, 2, 1, true)), inputs: [x] },
    layerNorm: {
      own: (...inputs) => layerNorm(inputs[0]!, inputs[1]!, inputs[2]!),
      plain: plainNorm(1e-5),
      inputs: [x, gain, bias],
    },
    'layerNorm with an epsilon of 0.1': {
      own: (...inputs) => layerNorm(inputs[0]!, inputs[1]!, inputs[2]!, 0.1),
      plain: plainNorm(0.1),
      inputs: [x, gain, bias],
    },
    gatherRows: {
      own: (t) => gatherRows(t, tf.tensor1d([2, 0, 2], 'int32')),
      plain: (t) => tf.gather(t, tf.tensor1d([2, 0, 2], 'int32')),
      inputs: [x],
    },
  };

  it.each(Object.entries(cases))('%s', (_, { own, plain, inputs }) => {
    const actual = tf.valueAndGrads(own)(inputs, dy);
    const expected = tf.valueAndGrads(plain)(inputs, dy);
    expectNear(actual.value, [...expected.value.dataSync()], 1e-6);
    expected.grads.forEach((gradient, i) => expectNear(actual.grads[i]!, [...gradient.dataSync()], 2e-6));
  });

  it('unitRows leaves a row of zeros unchanged, with a finite gradient', () => {
    const { value, grads } = tf.valueAndGrads(unitRows)([tf.zeros([1, 4])], tf.ones([1, 4]));
    expectNear(value, [0, 0, 0, 0], 0);
    expect(grads[0]!.dataSync().every(Number.isFinite)).toBe(true);
  });
});

type Op = (...inputs: tf.Tensor[]) => tf.Tensor;

function plainNorm(epsilon: number): Op {
  return (...[x, gain, bias]) => {
    const { mean, variance } = tf.moments(x!, 1, true);
    return tf.add(tf.mul(tf.div(tf.sub(x!, mean), tf.sqrt(tf.add(variance, epsilon))), gain!), bias!);
  };
}

function expectNear(actual: tf.Tensor, expected: readonly number[], tolerance: number): void {
  const values = [...actual.dataSync()];
  expect(values).toHaveLength(expected.length);
  values.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThanOrEqual(tolerance));
}
