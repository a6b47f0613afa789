import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';

/**
 * A convolution with weight `${prefix}.weight` [out, in, k, k] and no bias, padded so that stride 1 keeps the size. x
 * [b, H, W, in] → [b, H/stride, W/stride, out]. With k = 1 it is computed as a matmul.
 */
export function convolution(x: Tensor, p: NamedTensors, prefix: string, stride: 1 | 2 = 1): Tensor {
  return tf.tidy(prefix, () => {
    const weight = requireTensor(p, `${prefix}.weight`);
    const [out, from, kernel] = weight.shape as [number, number, number, number];
    if (kernel === 1) {
      // [b·H·W, out]
      const product = tf.matMul(tf.reshape(x, [-1, from]), tf.reshape(weight, [out, from]), false, true);
      return tf.reshape(product, [...x.shape.slice(0, 3), out]);
    }
    const around: [number, number] = [(kernel - 1) / 2, (kernel - 1) / 2];
    const filter = tf.transpose(weight, [2, 3, 1, 0]) as Tensor4D;
    return tf.conv2d(x as Tensor4D, filter, stride, [[0, 0], around, around, [0, 0]]);
  });
}
