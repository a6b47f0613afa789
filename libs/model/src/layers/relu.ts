import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

/**
 * y = max(x, 0). Any shape. Gradient: dx = dy where y > 0, else 0: the result is kept, which what comes next needs as
 * well, not x.
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
