import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs';
import { withGradient } from './custom-gradient.js';

/**
 * Rows of a table, in the given order: y_i = table[rows_i]. table [v, w], rows int32 [m] → [m, w]. Gradient: row r of
 * dtable is the sum of dy_i over all i with rows_i = r.
 */
export function gatherRows(table: Tensor, rows: Tensor): Tensor {
  return withGradient(
    [table],
    () => ({ value: tf.gather(table, rows as Tensor1D), kept: [rows] as const }),
    (dy, [rows]) => [tf.unsortedSegmentSum(dy, rows as Tensor1D, table.shape[0])],
  );
}
