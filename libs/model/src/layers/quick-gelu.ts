import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

const steepness = 1.702;

/**
 * QuickGELU, x·σ(1.702x) with σ the logistic function; with v = 1.702x this is v·σ(v)/1.702. Any shape.
 * Gradient: dx = dy·s·(1 + v − w), with s = σ(v) and w = v·s.
 * The constant factors are placed where the matmuls before and after can absorb them.
 * Source: CLIP, model.py QuickGELU.
 */
export function quickGelu(x: Tensor): Tensor {
  return withGradient(
    [x],
    () => {
      const v = tf.mul(x, steepness);
      const gate = tf.sigmoid(v);
      const w = tf.mul(v, gate);
      return { value: tf.mul(w, 1 / steepness), kept: [v, gate, w] as const };
    },
    (dy, [v, gate, w]) => [tf.mul(dy, tf.mul(gate, tf.add(tf.sub(v, w), 1)))],
  );
}
