import * as tf from '@tensorflow/tfjs';
import type { Device } from '#engine/device.js';
import { secondsOf } from '../turns.js';
import { normals } from './random-values.js';

/** ONNX Runtime's own float32 product of two 2048 × 2048 matrices: the rate this device has for matrix products. */
export interface MatMul {
  /** GFLOP/s, now. */
  rate(): Promise<number>;
}

const side = 2048;
/** Long enough that waking the threads does not count, short beside what is measured. */
const productsEach = 4;

/** The result stays on the device: nothing but the product is timed. */
export async function openMatMul(device: Device): Promise<MatMul> {
  const spec = { dtype: 'float32', shape: [side, side] } as const;
  const product = await device.compile(({ left, right }) => ({ product: tf.matMul(left!, right!) }), { left: spec, right: spec });
  const [left, right, into] = [await device.allocate(spec), await device.allocate(spec), await device.allocate(spec)];
  const values = normals(side * side, 'matmul');
  await left.write(values);
  await right.write(values);
  return {
    async rate() {
      const seconds = await secondsOf(async () => {
        for (let i = 0; i < productsEach; i++) await product.run({ left, right }, { product: into });
      });
      return (productsEach * 2 * side ** 3) / seconds / 1e9;
    },
  };
}
