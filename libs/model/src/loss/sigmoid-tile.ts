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
 * G = weight·sigmoid(X) over a tile of logits X = s·I·Tᵀ + β. The diagonal and masked pairs are left out, so all logits
 * are those of negatives. s·G·T is added to `imageGradients` [a, d] and s·Gᵀ·I to `textGradients` [c, d].
 * Inputs: `images` [a, d], `texts` [c, d], `scale`, `bias` and `weight` [], and those of the masks. Outputs: `rowLoss`
 * [a], Σ ln(1 + exp X); `rowProbabilities` [a] and `columnProbabilities` [c], Σ sigmoid(X); `rowMax` [a] and
 * `columnMax` [c] of the similarities s·I·Tᵀ; in a tile on the diagonal also `positives` [a], the similarities that are
 * left out there.
 */
export const sigmoidGradients = (masks: readonly PairIds[]): TileFunction => ({
  compute: (shape) => (inputs) => {
    const { logits, others, diagonal, scaledImages } = tileLogits(inputs, shape, masks);
    const { softplus, sigmoid } = ofLogits(tf.add(others, requireTensor(inputs, 'bias')));
    return {
      ...addedGradients(inputs, scaledImages, tf.mul(sigmoid, requireTensor(inputs, 'weight'))),
      rowLoss: tf.sum(softplus, 1),
      rowProbabilities: tf.sum(sigmoid, 1),
      columnProbabilities: tf.sum(sigmoid, 0),
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
 * ln(1 + exp x) and 1/(1 + exp −x), precise for any x. Let e = exp(−|x|), and let u be 1 + e, rounded to float32. Then
 * ln(1 + e) is ln u, plus (e − (u − 1))/u for the part of e that rounding lost.
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
