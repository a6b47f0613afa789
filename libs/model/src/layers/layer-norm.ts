import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

/** The ε of PyTorch's LayerNorm. */
export const usualEpsilon = 1e-5;

/**
 * Layer norm: x̂·gain + bias with x̂ = (x − mean)/σ and σ² = mean((x − mean)²) + ε, with means over the last axis. x
 * [m, w], gain and bias [w] → [m, w]. Gradient: with g = dy·gain, dx = (g − mean(g) − x̂·mean(g·x̂))/σ; dgain = Σ dy·x̂
 * and dbias = Σ dy, with sums over the m rows. Source: Ba et al. 2016, §3.
 */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon = usualEpsilon): Tensor {
  return withGradient(
    [x, gain, bias],
    () => {
      const centred = tf.sub(x, tf.mean(x, 1, true));
      const inverseDeviation = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), epsilon)); // [m, 1]
      const normalised = tf.mul(centred, inverseDeviation);
      return { value: tf.add(tf.mul(normalised, gain), bias), kept: [normalised, inverseDeviation, gain] as const };
    },
    layerNormGradient,
  );
}

function layerNormGradient(
  dy: Tensor,
  [normalised, inverseDeviation, gain]: readonly [Tensor, Tensor, Tensor],
): Tensor[] {
  const dNormalised = tf.mul(dy, gain);
  const along = tf.mul(normalised, tf.mean(tf.mul(dNormalised, normalised), 1, true));
  const across = tf.sub(tf.sub(dNormalised, tf.mean(dNormalised, 1, true)), along);
  return [tf.mul(across, inverseDeviation), tf.sum(tf.mul(dy, normalised), 0), tf.sum(dy, 0)];
}
