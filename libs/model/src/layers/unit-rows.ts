import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

/** Rows shorter than this are divided by it instead of by their length. */
const shortest = 1e-12;

/**
 * Divides every row by its length: y = x/|x|. x [m, d] → [m, d]; a row of zeros stays zero. Gradient: dx = (dy − y·⟨dy,
 * y⟩)/|x|, with the inner product over each row. Source: PyTorch, functional.normalize.
 */
export function unitRows(x: Tensor): Tensor {
  return withGradient(
    [x],
    () => {
      const inverseLength = tf.rsqrt(tf.maximum(tf.sum(tf.square(x), 1, true), shortest ** 2)); // [m, 1]
      const value = tf.mul(x, inverseLength);
      return { value, kept: [value, inverseLength] as const };
    },
    (dy, [value, inverseLength]) => {
      const along = tf.mul(value, tf.sum(tf.mul(dy, value), 1, true));
      return [tf.mul(tf.sub(dy, along), inverseLength)];
    },
  );
}
