import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

const steepness = 1.702;

/**
 * x·σ(1.702x), σ the logistic function. Any shape.
 * Gradient: dx = dy·s·(1 + 1.702(x − y)), with s = σ(1.702x) and y = x·s.
 * Source: CLIP, model.py QuickGELU.
 */
export function quickGelu(x: Tensor): Tensor {
  return withGradient(
    [x],
    () => {
      const gate = tf.sigmoid(tf.mul(x, steepness));
      const value = tf.mul(x, gate);
      return { value, kept: [x, gate, value] as const };
    },
    (dy, [x, gate, value]) => {
      const slope = tf.mul(gate, tf.add(tf.mul(tf.sub(x, value), steepness), 1));
      return [tf.mul(dy, slope)];
    },
  );
}
