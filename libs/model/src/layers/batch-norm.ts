import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';
import { runningMean, runningVariance } from '../parameters/running-statistics.js';

/** Where batch norms take the mean and variance of each channel from. */
export type NormStatistics =
  /**
   * From the images of the micro-batch, as in training. Their mean and variance [C] are stored in `batchStatistics`
   * under the running statistics' names.
   */
  | { readonly kind: 'batch'; readonly batchStatistics: Record<string, Tensor> }
  /** From the running statistics among the parameters, as in evaluation. */
  | { readonly kind: 'running' };

const epsilon = 1e-5;

/**
 * Batch norm by channel: (x − mean)/σ·gain + bias, σ² = variance + 1e-5. x [b, H, W, C] → [b, H, W, C]. Parameters:
 * gain `${prefix}.weight` and bias `${prefix}.bias`. Source: Ioffe & Szegedy 2015, alg. 1 and 2.
 */
export function batchNorm(x: Tensor, p: NamedTensors, prefix: string, statistics: NormStatistics): Tensor {
  return tf.tidy(prefix, () => {
    const [gain, bias] = [requireTensor(p, `${prefix}.weight`), requireTensor(p, `${prefix}.bias`)];
    switch (statistics.kind) {
      case 'batch':
        Object.assign(statistics.batchStatistics, batchStatistics(x, prefix));
        return normalisedByBatch(x, gain, bias);
      case 'running': {
        const scale = tf.mul(gain, tf.rsqrt(tf.add(requireTensor(p, runningVariance(prefix)), epsilon))); // [C]
        return tf.add(tf.mul(tf.sub(x, requireTensor(p, runningMean(prefix))), scale), bias);
      }
    }
  });
}

/**
 * The mean and the unbiased variance of x by channel; the variance is the sum of squares over m − 1. Both outlive the
 * tidy around them.
 */
function batchStatistics(x: Tensor, prefix: string): Record<string, Tensor> {
  const m = valuesAChannel(x);
  const { mean, variance } = moments(x);
  return { [runningMean(prefix)]: tf.keep(mean), [runningVariance(prefix)]: tf.keep(tf.mul(variance, m / (m - 1))) };
}

/**
 * Batch norm by the statistics of x itself, over all axes but the channels. x [b, H, W, C], gain and bias [C]. With c =
 * x − mean and r = 1/σ: y = c·(r·gain) + bias. Gradient: dbias = Σ dy, dgain = r·Σ dy·c, dx = r·gain·(dy − dbias/m −
 * c·r·dgain/m), with sums over the m = b·H·W values.
 */
function normalisedByBatch(x: Tensor, gain: Tensor, bias: Tensor): Tensor {
  const m = valuesAChannel(x);
  return withGradient(
    [x, gain, bias],
    () => {
      const { centred, variance } = moments(x);
      const inverseDeviation = tf.rsqrt(tf.add(variance, epsilon)); // [C]
      const value = tf.add(tf.mul(centred, tf.mul(inverseDeviation, gain)), bias);
      return { value, kept: [centred, inverseDeviation, gain] as const };
    },
    (dy, [centred, inverseDeviation, gain]) => {
      const dBias = sumByChannel(dy);
      const dGain = tf.mul(sumByChannel(tf.mul(dy, centred)), inverseDeviation);
      const along = tf.mul(centred, tf.div(tf.mul(dGain, inverseDeviation), m));
      const dx = tf.mul(tf.sub(tf.sub(dy, tf.div(dBias, m)), along), tf.mul(inverseDeviation, gain));
      return [dx, dGain, dBias];
    },
  );
}

/** Mean and variance by channel [C], and x − mean. */
function moments(x: Tensor): { readonly mean: Tensor; readonly centred: Tensor; readonly variance: Tensor } {
  const m = valuesAChannel(x);
  const mean = tf.div(sumByChannel(x), m);
  const centred = tf.sub(x, mean);
  return { mean, centred, variance: tf.div(sumByChannel(tf.square(centred)), m) };
}

/**
 * Sums over all axes but the channels, [b, H, W, C] → [C], axis by axis, so that each sum has few terms and loses
 * little. With a single sum, rounding moves values over the edge of a ReLU, and gradients differ from PyTorch's by 3e-3
 * instead of 1e-5.
 */
function sumByChannel(x: Tensor): Tensor {
  return tf.sum(tf.sum(tf.sum(x, 2), 1), 0);
}

function valuesAChannel({ shape }: Tensor): number {
  return shape.slice(0, -1).reduce((product, extent) => product * extent, 1);
}
