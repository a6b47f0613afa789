import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { requireTensor } from '../parameters/named-values.js';
import type { PairIds } from './false-negatives.js';
import {
  addedGradients,
  float32Spec,
  gradientInputs,
  tileInputs,
  tileLogits,
  type TileFunction,
} from './similarity-tile.js';

/**
 * G = weight·sigmoid(X) over a tile of logits X = s·I·Tᵀ + b, its diagonal and masked pairs left out: all others are
 * negatives. Adds s·G·T to `imageGradients` [a, d] and s·Gᵀ·I to `textGradients` [c, d]. Inputs `images` [a, d],
 * `texts` [c, d], `scale`, `bias`, `weight` [], and the masks'. Outputs `rowLoss` [a]: Σ ln(1 + exp X);
 * `rowProbabilities` [a]: Σ sigmoid(X); `rowMax` [a], `columnMax` [c] of the similarities s·I·Tᵀ and, on the diagonal,
 * `positives` [a]: those left out.
 */
export const sigmoidGradients = (masks: readonly PairIds[]): TileFunction => ({
  compute: (shape) => (inputs) => {
    const { logits, others, diagonal, scaledImages } = tileLogits(inputs, shape, masks);
    const { softplus, sigmoid } = ofLogits(tf.add(others, requireTensor(inputs, 'bias')));
    return {
      ...addedGradients(inputs, scaledImages, tf.mul(sigmoid, requireTensor(inputs, 'weight'))),
      rowLoss: tf.sum(softplus, 1),
      rowProbabilities: tf.sum(sigmoid, 1),
      rowMax: tf.max(others, 1),
      columnMax: tf.max(others, 0),
      ...(diagonal && { positives: tf.sum(tf.mul(logits, diagonal), 1) }),
    };
  },
  inputs: (shape) => ({
    ...tileInputs(shape, masks),
    ...gradientInputs(shape),
    bias: float32Spec(),
    weight: float32Spec(),
  }),
});

/**
 * ln(1 + exp x) and 1/(1 + exp −x), precise for any x: with e = exp(−|x|) and u = 1 + e as float32 rounds it, ln(1 + e)
 * is ln u and, for what rounding took from e, (e − (u − 1))/u.
 */
function ofLogits(x: Tensor): { readonly softplus: Tensor; readonly sigmoid: Tensor } {
  const e = tf.exp(tf.neg(tf.abs(x)));
  const u = tf.add(e, 1);
  const rest = tf.div(tf.sub(e, tf.sub(u, 1)), u);
  return {
    softplus: tf.add(tf.relu(x), tf.add(tf.log(u), rest)),
    sigmoid: tf.div(tf.exp(tf.neg(tf.relu(tf.neg(x)))), u),
  };
}
