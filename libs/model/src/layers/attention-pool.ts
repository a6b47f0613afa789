import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { attend, splitHeads } from './attention.js';
import { avgPool } from './avg-pool.js';
import { linearLayer } from './linear.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';

/**
 * Pools the pixels of a square image into one row by attention. The only query is the mean of the pixels; keys and
 * values are the mean and all pixels, with positions added. x [b, H, H, w] → [b, w]; L = H² + 1. Parameters:
 * `${prefix}.positional_embedding` [L, w] and the linear layers `.q_proj`, `.k_proj`, `.v_proj` [w, w]. Source: CLIP
 * §2.4; open_clip modified_resnet.py AttentionPool2d.
 */
export function attentionPool(x: Tensor, p: NamedTensors, prefix: string, heads: number): Tensor {
  return tf.tidy(prefix, () => {
    const [batch, height, width, channels] = x.shape as [number, number, number, number];
    const length = height * width + 1;
    const ofAll = tf.reshape(avgPool(x, height), [batch, 1, channels]);
    const all = tf.add(
      tf.concat([ofAll, tf.reshape(x, [batch, length - 1, channels])], 1),
      requireTensor(p, `${prefix}.positional_embedding`),
    ); // [b, L, w]
    const mean = tf.reshape(tf.slice(all, [0, 0, 0], [batch, 1, channels]), [batch, channels]); // [b, w]
    const rows = tf.reshape(all, [batch * length, channels]);
    const projected = (of: Tensor, name: string, rowsEach: number): Tensor =>
      splitHeads(linearLayer(of, p, `${prefix}.${name}`), 1, rowsEach, heads)[0] as Tensor;
    const [query, keys] = [projected(mean, 'q_proj', 1), projected(rows, 'k_proj', length)];
    return attend(query, keys, projected(rows, 'v_proj', length)); // [b, w]
  });
}

/** The pool's projection into the shared space, `${prefix}.c_proj` [d, w]: pooled [b, w] → [b, d]. */
export function projectPooled(pooled: Tensor, p: NamedTensors, prefix: string): Tensor {
  return tf.tidy(prefix, () => linearLayer(pooled, p, `${prefix}.c_proj`));
}
