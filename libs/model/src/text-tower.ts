import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { ClipConfig } from '#protocol/run-config.js';
import { gatherRows } from './gather-rows.js';
import { gelu } from './gelu.js';
import { named, type NamedTensors } from './named.js';
import { quickGelu } from './quick-gelu.js';
import { norm, transformer } from './transformer.js';

/** Added to a logit, it leaves a weight of exactly 0 after the softmax. */
const hidden = -1e9;

/**
 * Causal Transformer over tokens; the row of the end token, which has the highest id, is projected.
 * tokens int32 [b, L] → [b, d], of any length. Source: CLIP §2.4 and model.py encode_text.
 */
export function textTower(config: ClipConfig, p: NamedTensors, tokens: Tensor): Tensor {
  const { layers, heads } = config.text_cfg;
  const [batch, length] = tokens.shape as [number, number];
  const ends = tf.argMax(tokens, 1); // [b], the first of the highest
  const endRows = tf.add(ends, tf.range(0, batch * length, length, 'int32')); // rows of [b·L, w]
  const columns = tf.range(0, length, 1, 'int32');
  const embedded = tf.tidy('token_embedding', () => embed(p, tokens)); // [b·L, w]
  const endRow = transformer(embedded, p, {
    prefix: 'transformer',
    layers,
    length,
    heads,
    activation: config.quick_gelu ? quickGelu : gelu,
    mask: hideAfter(columns, columns, [length, 1]), // [L, L]
    read: (x) => gatherRows(x, endRows),
    readMask: hideAfter(columns, ends, [batch, 1, 1, 1]), // [b, 1, 1, L]
  }); // [b, w]
  const normed = norm(endRow, p, 'ln_final');
  return tf.tidy('text_projection', () => tf.matMul(normed, named(p, 'text_projection')));
}

/** tokens [b, L] → [b·L, w] */
function embed(p: NamedTensors, tokens: Tensor): Tensor {
  const [batch, length] = tokens.shape as [number, number];
  const table = named(p, 'token_embedding.weight'); // [vocabulary, w]
  const width = table.shape[1] as number;
  const rows = tf.reshape(gatherRows(table, tf.reshape(tokens, [batch * length])), [batch, length, width]);
  return tf.reshape(tf.add(rows, named(p, 'positional_embedding')), [batch * length, width]);
}

/** Mask that hides every column after the row's own: `hidden` there, 0 elsewhere. */
function hideAfter(columns: Tensor, rows: Tensor, rowShape: number[]): Tensor {
  return tf.mul(tf.cast(tf.greater(columns, tf.reshape(rows, rowShape)), 'float32'), hidden);
}
