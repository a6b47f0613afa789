import * as tf from '@tensorflow/tfjs';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs';

/** Average pooling over squares of `side` × `side` pixels. [b, H, W, C] → [b, H/side, W/side, C] */
export function avgPool(x: Tensor, side: number): Tensor {
  return side === 1 ? x : tf.avgPool(x as Tensor4D, side, side, 'valid');
}
