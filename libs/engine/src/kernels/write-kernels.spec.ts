// Goal: what can be one kernel is one, movements cost none, and tensors share memory. Method: programs as models have
// them, and the launches and sources that are written for them. That the kernels compute right is shown in test/engine.
import * as tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Specs, TensorFunction } from '../device.js';
import { trace } from '../trace/trace.js';
import { writeKernels } from './write-kernels.js';

const float = (...shape: number[]) => ({ dtype: 'float32', shape }) as const;
const written = (fn: TensorFunction, inputs: Specs) => writeKernels(trace(fn, inputs));

it('a chain of elementwise operations, broadcasts among them, is one kernel', () => {
  const { launches, source } = written(({ x, y, bias }) => ({ z: tf.relu(tf.sub(tf.mul(x!, y!), tf.add(bias!, 1))) }), {
    x: float(8, 6),
    y: float(8, 1),
    bias: float(6),
  });
  expect(launches.map(({ groups, threads }) => [groups, threads])).toEqual([
    [
      [1, 1, 1],
      [64, 1, 1],
    ],
  ]);
  expect(source.slice(source.indexOf('{\n  int'))).toBe(`{
  int v0 = GROUP(0) * 64 + THREAD(0);
  if (v0 < 48) {
    float v1 = p1[v0];
    int v2 = v0 / 6;
    int v3 = v0 % 6;
    float v4 = p2[v2];
    float v5 = v1 * v4;
    float v6 = p3[v3];
    float v7 = v6 + 1.0f;
    float v8 = v5 - v7;
    float v9 = v8 < 0 ? 0.0f : v8;
    p0[v0] = v9;
  }
}
`);
});

it('heads are split and joined by the matmuls that read them: attention takes four kernels', () => {
  const attention: TensorFunction = ({ q, k, v }) => {
    const heads = (x: tf.Tensor): tf.Tensor => tf.transpose(tf.reshape(x, [2, 10, 4, 8]), [0, 2, 1, 3]);
    const weights = tf.softmax(tf.matMul(heads(q!), heads(k!), false, true));
    return { y: tf.reshape(tf.transpose(tf.matMul(weights, heads(v!)), [0, 2, 1, 3]), [2, 10, 32]) };
  };
  const { launches } = written(attention, { q: float(2, 10, 32), k: float(2, 10, 32), v: float(2, 10, 32) });
  expect(launches.length).toBe(4);
});

it('equal layers are compiled once', () => {
  const { launches, source } = written(({ x, a, b }) => ({ y: tf.matMul(tf.matMul(x!, a!), b!) }), {
    x: float(4, 16),
    a: float(16, 16),
    b: float(16, 16),
  });
  expect(launches.length).toBe(2);
  expect(source.match(/KERNEL void/g)!.length).toBe(1);
});

it('tensors that are not needed at the same time share memory', () => {
  const side = 64;
  const { arenaBytes } = written(
    ({ x, w }) => ({ y: Array.from({ length: 6 }).reduce((at: tf.Tensor) => tf.matMul(at, w!), x!) }),
    { x: float(side, side), w: float(side, side) },
  );
  expect(arenaBytes).toBe(2 * 4 * side * side);
});
