import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Specs, TensorFunction } from '#engine/device.js';
import type { TensorSpec } from '#engine/tensor-spec.js';
import { named, type NamedTensors } from './named.js';

/** A tile of the similarity matrix: `rows` images × `columns` texts. */
export interface TileShape {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  /** Do row i and column i belong together, for every i? Their logits are then left out: the caller adds them. */
  readonly diagonal: boolean;
}

/** What is computed of a tile. */
export interface TileFunction {
  /**
   * Inputs: `images` [a, d], `texts` [c, d] and others, [], [a] or [c] each. Outputs: [a] or [c] each; where there are
   * gradients also `imageGradients` [a, d] and `textGradients` [c, d], the tile's added to the inputs of those names.
   */
  compute(shape: TileShape): TensorFunction;
  inputs(shape: TileShape): Specs;
}

/** Takes a logit out of every max and every sum of exponentials. */
const absent = -1e30;

/**
 * First pass: max and Σ exp(logit − max) of each row and column of a tile of logits s·I·Tᵀ, its diagonal left out.
 * Inputs `images` [a, d], `texts` [c, d], `scale` []. Outputs `rowMax`, `rowSum` [a], `columnMax`, `columnSum` [c], and, on
 * the diagonal, `own` [a]: the logits left out.
 */
export const softmaxStatistics: TileFunction = {
  compute: (shape) => (inputs) => {
    const { logits, others, own } = tileLogits(inputs, shape);
    const rowMax = tf.max(others, 1, true); // [a, 1]
    const columnMax = tf.max(others, 0, true); // [1, c]
    return {
      rowMax: tf.reshape(rowMax, [shape.rows]),
      rowSum: tf.sum(tf.exp(tf.sub(others, rowMax)), 1),
      columnMax: tf.reshape(columnMax, [shape.columns]),
      columnSum: tf.sum(tf.exp(tf.sub(others, columnMax)), 0),
      ...(own && { own: tf.sum(tf.mul(logits, own), 1) }),
    };
  },
  inputs: tileInputs,
};

/**
 * Second pass: G = exp(S − rowMax)·rowWeight + exp(S − columnMax)·columnWeight over a tile, its diagonal left out; adds
 * s·G·T to `imageGradients` [a, d] and s·Gᵀ·I to `textGradients` [c, d]. With weight = 1/(2N·Σ exp) the two terms are the
 * softmax of rows and of columns over 2N. Further inputs `rowMax`, `rowWeight` [a], `columnMax`, `columnWeight` [c], and
 * those of the first pass. Further outputs `rowShares` [a], `columnShares` [c]: sums of the terms, for checking.
 */
export const softmaxGradients: TileFunction = {
  compute: (shape) => (inputs) => {
    const { others, scaledImages } = tileLogits(inputs, shape);
    const column = (name: string): Tensor => tf.reshape(named(inputs, name), [shape.rows, 1]);
    const rowTerm = tf.mul(tf.exp(tf.sub(others, column('rowMax'))), column('rowWeight'));
    const columnTerm = tf.mul(tf.exp(tf.sub(others, named(inputs, 'columnMax'))), named(inputs, 'columnWeight'));
    return {
      ...addedGradients(inputs, scaledImages, tf.add(rowTerm, columnTerm)),
      rowShares: tf.sum(rowTerm, 1),
      columnShares: tf.sum(columnTerm, 0),
    };
  },
  inputs: (shape) => ({
    ...tileInputs(shape),
    ...gradientInputs(shape),
    rowMax: float32Spec(shape.rows),
    rowWeight: float32Spec(shape.rows),
    columnMax: float32Spec(shape.columns),
    columnWeight: float32Spec(shape.columns),
  }),
};

/** What every function of a tile reads. */
export function tileInputs({ rows, columns, width }: TileShape): Record<string, TensorSpec> {
  return { images: float32Spec(rows, width), texts: float32Spec(columns, width), scale: float32Spec() };
}

/** What one that has gradients adds to. */
export function gradientInputs({ rows, columns, width }: TileShape): Record<string, TensorSpec> {
  return { imageGradients: float32Spec(rows, width), textGradients: float32Spec(columns, width) };
}

/** The gradients of the embeddings with s·G·T and s·Gᵀ·I added, G [a, c] being that of the tile's logits. */
export function addedGradients(inputs: NamedTensors, scaledImages: Tensor, gradient: Tensor): Record<'imageGradients' | 'textGradients', Tensor> {
  const scaledTexts = tf.mul(named(inputs, 'texts'), named(inputs, 'scale'));
  return {
    imageGradients: tf.add(named(inputs, 'imageGradients'), tf.matMul(gradient, scaledTexts)),
    textGradients: tf.add(named(inputs, 'textGradients'), tf.matMul(gradient, scaledImages, true, false)),
  };
}

/** The logits s·I·Tᵀ [a, c]. `others` is the logits without the tile's diagonal, `own` [a, c] is 1 on it. Both passes get the same bits. */
export function tileLogits(inputs: NamedTensors, { rows, diagonal }: TileShape) {
  const scaledImages = tf.mul(named(inputs, 'images'), named(inputs, 'scale'));
  const logits = tf.matMul(scaledImages, named(inputs, 'texts'), false, true); // [a, c]
  if (!diagonal) return { scaledImages, logits, others: logits };
  const index = tf.range(0, rows, 1, 'int32');
  const own = tf.cast(tf.equal(tf.reshape(index, [rows, 1]), index), 'float32');
  return { scaledImages, logits, others: tf.add(logits, tf.mul(own, absent)), own };
}

export function float32Spec(...shape: number[]): TensorSpec {
  return { dtype: 'float32', shape };
}
