import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { linear, linearLayer } from './linear.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';

/** How the rows of a [b·L, w] tensor are divided into sequences, and each row into heads. */
export interface Sequences {
  /** L, rows per sequence. */
  readonly length: number;
  readonly heads: number;
  /** Added to the logits before the softmax; broadcasts to [b, heads, queries, L]. */
  readonly mask?: Tensor;
}

/**
 * Multi-head self-attention: softmax(q·kᵀ/√e + mask)·v in each head of width e = w/heads, softmax over the L keys.
 * x [b·L, w] → [b·L, w]. Parameters `${prefix}.in_proj_weight` [3w, w] (queries, keys, values), `.in_proj_bias`,
 * `.out_proj.weight` [w, w], `.out_proj.bias`. Source: Vaswani et al. 2017, §3.2.
 */
export function selfAttention(x: Tensor, p: NamedTensors, prefix: string, sequences: Sequences): Tensor {
  const weight = requireTensor(p, `${prefix}.in_proj_weight`);
  const bias = requireTensor(p, `${prefix}.in_proj_bias`);
  const projected = linear(x, weight, bias); // [b·L, 3w]
  const [queries, keys, values] = splitHeads(projected, 3, sequences.length, sequences.heads) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  return linearLayer(attend(queries, keys, values, sequences.mask), p, `${prefix}.out_proj`);
}

/**
 * selfAttention for one row of each sequence: the same result for these rows, without computing the others. rows [b,
 * w], x [b·L, w] → [b, w]. The mask broadcasts to [b, heads, 1, L].
 */
export function rowAttention(rows: Tensor, x: Tensor, p: NamedTensors, prefix: string, sequences: Sequences): Tensor {
  const width = rows.shape[1]!;
  const [queryWeight, otherWeight] = tf.split(requireTensor(p, `${prefix}.in_proj_weight`), [width, 2 * width], 0) as [
    Tensor,
    Tensor,
  ];
  const [queryBias, otherBias] = tf.split(requireTensor(p, `${prefix}.in_proj_bias`), [width, 2 * width], 0) as [
    Tensor,
    Tensor,
  ];
  const [queries] = splitHeads(linear(rows, queryWeight, queryBias), 1, 1, sequences.heads) as [Tensor];
  const others = linear(x, otherWeight, otherBias); // [b·L, 2w]
  const [keys, values] = splitHeads(others, 2, sequences.length, sequences.heads) as [Tensor, Tensor];
  return linearLayer(attend(queries, keys, values, sequences.mask), p, `${prefix}.out_proj`);
}

/**
 * Splits rows into parts and heads: [b·L, parts·w] → `parts` tensors [b, heads, L, e]. One transpose serves all parts.
 */
export function splitHeads(x: Tensor, parts: number, length: number, heads: number): Tensor[] {
  const [rows, columns] = x.shape as [number, number];
  const batch = rows / length;
  const headWidth = columns / (parts * heads);
  const byPart = tf.transpose(tf.reshape(x, [batch, length, parts, heads, headWidth]), [2, 0, 3, 1, 4]);
  const separate = parts === 1 ? [byPart] : tf.split(byPart, parts, 0);
  return separate.map((part) => tf.reshape(part, [batch, heads, length, headWidth]));
}

/** softmax(q·kᵀ/√e + mask)·v: queries [b, heads, m, e], keys and values [b, heads, L, e] → [b·m, w]. */
export function attend(queries: Tensor, keys: Tensor, values: Tensor, mask?: Tensor): Tensor {
  const [batch, heads, rows, headWidth] = queries.shape as [number, number, number, number];
  const logits = tf.matMul(tf.mul(queries, headWidth ** -0.5), keys, false, true); // [b, heads, m, L]
  const weights = tf.softmax(mask ? tf.add(logits, mask) : logits);
  const mixed = tf.matMul(weights, values); // [b, heads, m, e]
  return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * rows, heads * headWidth]);
}
