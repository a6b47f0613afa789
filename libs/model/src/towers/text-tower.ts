import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { endTokenId, type TextConfig } from '#protocol/run/text-config.js';
import { gatherRows } from '../layers/gather-rows.js';
import { gelu } from '../layers/gelu.js';
import { linearLayer } from '../layers/linear.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';
import { quickGelu } from '../layers/quick-gelu.js';
import { norm, rowAt, transformer, type Transformer } from '../layers/transformer.js';

/** Added to a logit, it makes the weight exactly 0 after the softmax. */
const hidden = -1e9;

/**
 * The text tower: a transformer over tokens, causal unless the config has no_causal_mask. It reads the row of one
 * token, which pool_type selects (by default the end token), and projects it. tokens int32 [b, L] → [b, d], rows of any
 * length. Source: CLIP §2.4 and model.py encode_text; open_clip transformer.py text_global_pool.
 */
export function textTower(config: ClipConfig, p: NamedTensors, tokens: Tensor): Tensor {
  const { layers, heads, proj_bias: hasBias, norm_kwargs: { eps: normEpsilon } = {} } = config.text_cfg;
  const length = tokens.shape[1]!;
  const embedded = tf.tidy('token_embedding', () => embed(p, tokens)); // [b·L, w]
  const readRow = transformer(embedded, p, {
    prefix: 'transformer',
    layers,
    length,
    heads,
    activation: config.quick_gelu ? quickGelu : gelu,
    normEpsilon,
    ...readAndMasks(config.text_cfg, tokens),
  }); // [b, w]
  const normed = norm(readRow, p, 'ln_final', normEpsilon);
  if (hasBias) return linearLayer(normed, p, 'text_projection');
  return tf.tidy('text_projection', () => tf.matMul(normed, requireTensor(p, 'text_projection')));
}

/** Which row of each caption is read, and which tokens are hidden from it and from the other rows. */
function readAndMasks(config: TextConfig, tokens: Tensor): Pick<Transformer, 'read' | 'mask' | 'readMask'> {
  const { pool_type: pool = 'argmax', no_causal_mask: seesAll = false } = config;
  const [batch, length] = tokens.shape as [number, number];
  const columns = tf.range(0, length, 1, 'int32');
  const mask = seesAll ? {} : { mask: hideAfter(columns, columns, [length, 1]) }; // [L, L]
  switch (pool) {
    case 'argmax':
    case 'eos': {
      const ends = endPlaces(config, tokens); // [b]
      const endRows = tf.add(ends, tf.range(0, batch * length, length, 'int32')); // rows of [b·L, w]
      const readMask = seesAll ? {} : { readMask: hideAfter(columns, ends, [batch, 1, 1, 1]) }; // [b, 1, 1, L]
      return { ...mask, ...readMask, read: (x) => gatherRows(x, endRows) };
    }
    case 'first': {
      const readMask = seesAll ? {} : { readMask: hideAfter(columns, tf.range(0, 1, 1, 'int32'), [1, 1]) }; // [1, L]
      return { ...mask, ...readMask, read: rowAt(0, length) };
    }
    case 'last':
      return { ...mask, read: rowAt(length - 1, length) };
  }
}

/**
 * The place of each caption's end token [b], the first of its kind: of the highest id, or of the id that pool_type eos
 * names; 0 where a caption has none of that id. tokens int32 [b, L].
 */
export function endPlaces(config: TextConfig, tokens: Tensor): Tensor {
  if (config.pool_type !== 'eos') return tf.argMax(tokens, 1);
  return tf.argMax(tf.cast(tf.equal(tokens, tf.scalar(endTokenId(config), 'int32')), 'int32'), 1);
}

/** Looks up the tokens and adds positions. tokens [b, L] → [b·L, w] */
function embed(p: NamedTensors, tokens: Tensor): Tensor {
  const [batch, length] = tokens.shape as [number, number];
  const table = requireTensor(p, 'token_embedding.weight'); // [vocabulary, w]
  const width = table.shape[1]!;
  const rows = tf.reshape(gatherRows(table, tf.reshape(tokens, [batch * length])), [batch, length, width]);
  return tf.reshape(tf.add(rows, requireTensor(p, 'positional_embedding')), [batch * length, width]);
}

/** A mask that hides every column after the row's own: `hidden` there, 0 elsewhere. */
function hideAfter(columns: Tensor, rows: Tensor, rowShape: number[]): Tensor {
  return tf.mul(tf.cast(tf.greater(columns, tf.reshape(rows, rowShape)), 'float32'), hidden);
}
