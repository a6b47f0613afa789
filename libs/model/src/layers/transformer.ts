import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { rowAttention, selfAttention, type Sequences } from './attention.js';
import { layerNorm } from './layer-norm.js';
import { linearLayer } from './linear.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';

/** A stack of blocks; at the end, one row of each sequence is read. */
export interface Transformer extends Sequences {
  /** Prefix of the parameters' names; block i adds `.resblocks.${i}`. */
  readonly prefix: string;
  readonly layers: number;
  readonly activation: (x: Tensor) => Tensor;
  /** ε of the layer norms, if not the usual one. */
  readonly normEpsilon?: number | undefined;
  /** Takes the row that is read from each sequence: [b·L, w] → [b, w]. */
  readonly read: (x: Tensor) => Tensor;
  /** The mask of the rows that are read; it broadcasts to [b, heads, 1, L]. */
  readonly readMask?: Tensor;
}

/**
 * A stack of pre-norm residual blocks: x += attention(norm(x)); x += mlp(norm(x)). x [b·L, w] → the rows that are read,
 * [b, w]. The last block computes only these rows. Source: Radford et al. 2019, §2.3; CLIP §2.4.
 */
export function transformer(x: Tensor, p: NamedTensors, stack: Transformer): Tensor {
  const last = stack.layers - 1;
  for (let layer = 0; layer < last; layer++) {
    const prefix = `${stack.prefix}.resblocks.${layer}`;
    const before = x;
    // Scopes are named like the parameters, to locate operations in programs, errors and profiles.
    x = tf.tidy(prefix, () => block(before, p, prefix, stack));
  }
  const prefix = `${stack.prefix}.resblocks.${last}`;
  return tf.tidy(prefix, () => lastBlock(x, p, prefix, stack));
}

/** Takes row `at` of each sequence: [b·L, w] → [b, w]. */
export function rowAt(at: number, length: number): (x: Tensor) => Tensor {
  return (x) => {
    const [rows, width] = x.shape as [number, number];
    const batch = rows / length;
    return tf.reshape(tf.slice(tf.reshape(x, [batch, length, width]), [0, at, 0], [batch, 1, width]), [batch, width]);
  };
}

/** The layer norm with parameters `${prefix}.weight` and `${prefix}.bias`. */
export function norm(x: Tensor, p: NamedTensors, prefix: string, epsilon?: number): Tensor {
  return tf.tidy(prefix, () =>
    layerNorm(x, requireTensor(p, `${prefix}.weight`), requireTensor(p, `${prefix}.bias`), epsilon),
  );
}

function block(x: Tensor, p: NamedTensors, prefix: string, stack: Transformer): Tensor {
  const normed = norm(x, p, `${prefix}.ln_1`, stack.normEpsilon);
  const attended = tf.add(
    x,
    tf.tidy(`${prefix}.attn`, () => selfAttention(normed, p, `${prefix}.attn`, stack)),
  );
  return tf.add(attended, mlp(norm(attended, p, `${prefix}.ln_2`, stack.normEpsilon), p, `${prefix}.mlp`, stack));
}

function lastBlock(x: Tensor, p: NamedTensors, prefix: string, stack: Transformer): Tensor {
  const { length, heads, read, readMask } = stack;
  const sequences = readMask ? { length, heads, mask: readMask } : { length, heads };
  const normed = norm(x, p, `${prefix}.ln_1`, stack.normEpsilon);
  const attended = tf.add(
    read(x),
    tf.tidy(`${prefix}.attn`, () => rowAttention(read(normed), normed, p, `${prefix}.attn`, sequences)),
  ); // [b, w]
  return tf.add(attended, mlp(norm(attended, p, `${prefix}.ln_2`, stack.normEpsilon), p, `${prefix}.mlp`, stack));
}

function mlp(x: Tensor, p: NamedTensors, prefix: string, { activation }: Transformer): Tensor {
  return tf.tidy(prefix, () => linearLayer(activation(linearLayer(x, p, `${prefix}.c_fc`)), p, `${prefix}.c_proj`));
}
