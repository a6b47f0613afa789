import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

/**
 * x·Φ(x), Φ the standard normal distribution: ½(1 + erf(x/√2)). Any shape.
 * Gradient: dx = dy·(Φ(x) + x·φ(x)), φ(x) = exp(−x²/2)/√(2π).
 * Source: Hendrycks & Gimpel 2016, §2.
 */
export function gelu(x: Tensor): Tensor {
  return withGradient(
    [x],
    () => {
      const distribution = tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5);
      return { value: tf.mul(x, distribution), kept: [x, distribution] as const };
    },
    (dy, [x, distribution]) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return [tf.mul(dy, tf.add(distribution, tf.mul(x, density)))];
    },
  );
}
