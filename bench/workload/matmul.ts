import * as tf from '@tensorflow/tfjs';
import type { Device } from '#engine/device.js';
import type { Precision } from '#engine/tensor-spec.js';
import { secondsOf } from '../turns.js';
import { normals } from './random-values.js';

/** ONNX Runtime's own matmul of two square matrices: how fast this device multiplies matrices at best. */
export interface MatMul {
  /** Measures the rate now, in GFLOP/s. */
  rate(): Promise<number>;
}

export interface MatMulOptions {
  readonly side?: number;
  readonly precision?: Precision;
}

/** Matmuls per measurement: enough that waking the threads does not count, and still short beside a figure. */
const matmulsEach = 4;

/** The product stays on the device. One of its numbers is read back, which waits until the matmul is done. */
export async function openMatMul(
  device: Device,
  { side = 2048, precision = 'float32' }: MatMulOptions = {},
): Promise<MatMul> {
  const spec = { dtype: 'float32', shape: [side, side] } as const;
  const compute = ({ left, right }: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const product = tf.matMul(left!, right!);
    return { product, corner: tf.slice(product, [0, 0], [1, 1]) };
  };
  const program = await device.compile(compute, { left: spec, right: spec }, { precision });
  const [left, right, product] = [
    await device.allocate(spec),
    await device.allocate(spec),
    await device.allocate(spec),
  ];
  const values = normals(side * side, 'matmul');
  await left.write(values);
  await right.write(values);
  return {
    async rate() {
      const seconds = await secondsOf(async () => {
        for (let i = 0; i < matmulsEach; i++) await program.run({ left, right }, { product });
      });
      return (matmulsEach * 2 * side ** 3) / seconds / 1e9;
    },
  };
}
