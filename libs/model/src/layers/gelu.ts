import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

/**
 * GELU, x·Φ(x) with Φ the standard normal distribution; with u = x/√2 this is u·(1 + erf(u))/√2. Any shape.
 * Gradient: dx = dy·(Φ(x) + x·φ(x)) = dy·(1 + erf(u) + 2u·exp(−u²)/√π)/2.
 * The constant factors are placed where the matmuls before and after can absorb them.
 * Source: Hendrycks & Gimpel 2016, §2.
 */
export function gelu(x: Tensor): Tensor {
  return withGradient(
    [x],
    () => {
      const u = tf.mul(x, Math.SQRT1_2);
      const twiceDistribution = tf.add(tf.erf(u), 1);
      return { value: tf.mul(tf.mul(u, twiceDistribution), Math.SQRT1_2), kept: [u, twiceDistribution] as const };
    },
    (dy, [u, twiceDistribution]) => {
      const density = tf.exp(tf.sub(Math.log(2 / Math.sqrt(Math.PI)), tf.square(u))); // 2·exp(−u²)/√π
      const twiceSlope = tf.add(twiceDistribution, tf.mul(u, density));
      return [tf.mul(tf.mul(dy, twiceSlope), 0.5)];
    },
  );
}
