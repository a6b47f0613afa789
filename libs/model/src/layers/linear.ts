import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';

/** x·weightᵀ + bias. x [m, in], weight [out, in], bias [out] → [m, out]. */
export function linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  return tf.add(tf.matMul(x, weight, false, true), bias);
}

/** The linear layer with parameters `${prefix}.weight` and `${prefix}.bias`. */
export function linearLayer(x: Tensor, p: NamedTensors, prefix: string): Tensor {
  return tf.tidy(prefix, () => linear(x, requireTensor(p, `${prefix}.weight`), requireTensor(p, `${prefix}.bias`)));
}
