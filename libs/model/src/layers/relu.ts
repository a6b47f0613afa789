import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

/**
 * ReLU: y = max(x, 0). Any shape. Gradient: dx = dy where y > 0, else 0. It keeps y rather than x, because the next
 * operation needs y as well.
 */
export function relu(x: Tensor): Tensor {
  return withGradient(
    [x],
    () => {
      const value = tf.relu(x);
      return { value, kept: [value] as const };
    },
    (dy, [value]) => [tf.mul(dy, tf.cast(tf.greater(value, 0), 'float32'))],
  );
}
