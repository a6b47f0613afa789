import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Specs, TensorFunction } from '#engine/device.js';
import type { TensorSpec } from '#engine/tensor-spec.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';
import { columnInput, rowInput, type PairIds } from './false-negatives.js';

/** A tile of the similarity matrix: `rows` images × `columns` texts. */
export interface TileShape {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
  /** Does image i belong with text i, for every i? Then their logits are left out, and the caller adds them. */
  readonly diagonal: boolean;
}

/** A function that is computed on every tile. */
export interface TileFunction {
  /**
   * Inputs: `images` [a, d], `texts` [c, d], and others of shape [], [a] or [c]. Outputs: vectors [a] or [c]; where
   * there are gradients, also `imageGradients` [a, d] and `textGradients` [c, d], which are the inputs of these names
   * with the gradients of the tile added.
   */
  compute(shape: TileShape): TensorFunction;
  inputs(shape: TileShape): Specs;
}

/** Which pairs a tile of the softmax loss leaves out besides its diagonal, and whether labels are smoothed. */
export interface SoftmaxTile {
  readonly masks: readonly PairIds[];
  readonly isSmoothed: boolean;
}

/** Added to a logit, it takes the logit out of every max and every sum of exponentials. */
const absent = -1e30;

/**
 * First pass: max and Σ exp(logit − max) of each row and column of a tile of logits s·I·Tᵀ. The diagonal and masked
 * pairs are left out.
 * Inputs: `images` [a, d], `texts` [c, d], `scale` [], and those of the masks. Outputs: `rowMax`, `rowSum` [a] and
 * `columnMax`, `columnSum` [c]; with label smoothing also the sums of the logits kept, `rowTotal` [a] and
 * `columnTotal` [c]; in a tile on the diagonal also its logits there, `positives` [a].
 */
export const softmaxStatistics = ({ masks, isSmoothed }: SoftmaxTile): TileFunction => ({
  compute: (shape) => (inputs) => {
    const { logits, others, kept, diagonal } = tileLogits(inputs, shape, masks);
    const counted = kept ? tf.mul(logits, kept) : logits;
    const rowMax = tf.max(others, 1, true); // [a, 1]
    const columnMax = tf.max(others, 0, true); // [1, c]
    return {
      rowMax: tf.reshape(rowMax, [shape.rows]),
      rowSum: tf.sum(tf.exp(tf.sub(others, rowMax)), 1),
      columnMax: tf.reshape(columnMax, [shape.columns]),
      columnSum: tf.sum(tf.exp(tf.sub(others, columnMax)), 0),
      ...(isSmoothed && { rowTotal: tf.sum(counted, 1), columnTotal: tf.sum(counted, 0) }),
      ...(diagonal && { positives: tf.sum(tf.mul(logits, diagonal), 1) }),
    };
  },
  inputs: (shape) => tileInputs(shape, masks),
});

/**
 * Second pass: G = exp(S − rowMax)·rowWeight + exp(S − columnMax)·columnWeight over a tile, less rowSmoothing +
 * columnSmoothing if labels are smoothed. The diagonal and masked pairs are left out. s·G·T is added to
 * `imageGradients` [a, d] and s·Gᵀ·I to `textGradients` [c, d]. With weight = 1/(2N·Σ exp), the two terms are the
 * softmax of rows and of columns, divided by 2N.
 * Inputs: those of the first pass, `rowMax`, `rowWeight` [a], `columnMax`, `columnWeight` [c]; with label smoothing
 * also `rowSmoothing` [a], `columnSmoothing` [c]. Further outputs, for checking: the sums of the terms,
 * `rowProbabilities` [a] and `columnProbabilities` [c], and those of G, `rowGradients` [a] and `columnGradients` [c].
 */
export const softmaxGradients = ({ masks, isSmoothed }: SoftmaxTile): TileFunction => ({
  compute: (shape) => (inputs) => {
    const { others, kept, scaledImages } = tileLogits(inputs, shape, masks);
    const column = (name: string): Tensor => tf.reshape(requireTensor(inputs, name), [shape.rows, 1]);
    const rowTerm = tf.mul(tf.exp(tf.sub(others, column('rowMax'))), column('rowWeight'));
    const columnTerm = tf.mul(
      tf.exp(tf.sub(others, requireTensor(inputs, 'columnMax'))),
      requireTensor(inputs, 'columnWeight'),
    );
    const terms = tf.add(rowTerm, columnTerm);
    const smoothing = (): Tensor => tf.add(column('rowSmoothing'), requireTensor(inputs, 'columnSmoothing')); // [a, c]
    const gradient = isSmoothed ? tf.sub(terms, kept ? tf.mul(smoothing(), kept) : smoothing()) : terms;
    return {
      ...addedGradients(inputs, scaledImages, gradient),
      rowProbabilities: tf.sum(rowTerm, 1),
      columnProbabilities: tf.sum(columnTerm, 0),
      rowGradients: tf.sum(gradient, 1),
      columnGradients: tf.sum(gradient, 0),
    };
  },
  inputs: (shape) => ({
    ...tileInputs(shape, masks),
    ...gradientInputs(shape),
    ...(isSmoothed && { rowSmoothing: float32Spec(shape.rows), columnSmoothing: float32Spec(shape.columns) }),
    rowMax: float32Spec(shape.rows),
    rowWeight: float32Spec(shape.rows),
    columnMax: float32Spec(shape.columns),
    columnWeight: float32Spec(shape.columns),
  }),
});

/** The inputs that every function of a tile reads. */
export function tileInputs({ rows, columns, width }: TileShape, masks: readonly PairIds[]): Record<string, TensorSpec> {
  const ids = masks.flatMap(
    (mask) =>
      [
        [rowInput(mask), float32Spec(rows)],
        [columnInput(mask), float32Spec(columns)],
      ] as const,
  );
  return {
    images: float32Spec(rows, width),
    texts: float32Spec(columns, width),
    scale: float32Spec(),
    ...Object.fromEntries(ids),
  };
}

/** The inputs to which a function with gradients adds. */
export function gradientInputs({ rows, columns, width }: TileShape): Record<string, TensorSpec> {
  return { imageGradients: float32Spec(rows, width), textGradients: float32Spec(columns, width) };
}

/** Adds s·G·T and s·Gᵀ·I to the gradients of the embeddings. G [a, c] is the gradient of the tile's logits. */
export function addedGradients(
  inputs: NamedTensors,
  scaledImages: Tensor,
  gradient: Tensor,
): Record<'imageGradients' | 'textGradients', Tensor> {
  const scaledTexts = tf.mul(requireTensor(inputs, 'texts'), requireTensor(inputs, 'scale'));
  return {
    imageGradients: tf.add(requireTensor(inputs, 'imageGradients'), tf.matMul(gradient, scaledTexts)),
    textGradients: tf.add(requireTensor(inputs, 'textGradients'), tf.matMul(gradient, scaledImages, true, false)),
  };
}

interface TileLogits {
  /** s·I [a, d] */
  readonly scaledImages: Tensor;
  /** s·I·Tᵀ [a, c] */
  readonly logits: Tensor;
  /** The logits, with those that are left out (the diagonal and masked pairs) moved far below all others. */
  readonly others: Tensor;
  /** 1 where a logit is kept, else 0 [a, c]. Undefined in a tile that leaves out nothing. */
  readonly kept?: Tensor;
  /** 1 on the diagonal, else 0 [a, c]. Undefined in a tile off the diagonal. */
  readonly diagonal?: Tensor;
}

/** The logits of a tile, computed in the same way in every pass, so that all passes get the same bits. */
export function tileLogits(
  inputs: NamedTensors,
  { rows, diagonal: isDiagonal }: TileShape,
  masks: readonly PairIds[],
): TileLogits {
  const scaledImages = tf.mul(requireTensor(inputs, 'images'), requireTensor(inputs, 'scale'));
  const logits = tf.matMul(scaledImages, requireTensor(inputs, 'texts'), false, true); // [a, c]
  const same = (row: Tensor, column: Tensor): Tensor =>
    tf.cast(tf.equal(tf.reshape(row, [rows, 1]), column), 'float32');
  const index = tf.range(0, rows, 1, 'int32');
  const diagonal = isDiagonal ? same(index, index) : undefined;
  const leftOut = [
    ...(diagonal ? [diagonal] : []),
    ...masks.map((mask) => same(requireTensor(inputs, rowInput(mask)), requireTensor(inputs, columnInput(mask)))),
  ];
  if (leftOut.length === 0) return { scaledImages, logits, others: logits };
  const isLeftOut = leftOut.reduce((either, or) => tf.maximum(either, or));
  return {
    scaledImages,
    logits,
    others: tf.add(logits, tf.mul(isLeftOut, absent)),
    kept: tf.sub(1, isLeftOut),
    ...(diagonal && { diagonal }),
  };
}

export function float32Spec(...shape: number[]): TensorSpec {
  return { dtype: 'float32', shape };
}
