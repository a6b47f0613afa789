import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { VisionTransformerConfig } from '#protocol/run/vision-config.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';
import { norm, rowAt, transformer } from '../layers/transformer.js';

/**
 * The Vision Transformer before its projection: patches and a class row, with positions added, go through the blocks;
 * the class row is read and normed. images float32 [b, H, W, 3], normalised → [b, w], rows of any length; L =
 * (H/patch)² + 1. Source: Dosovitskiy et al. 2021, §3.1; CLIP §2.4 (norm before the blocks, no bias on patches and
 * projection).
 */
export function visionTransformerFeatures(
  config: VisionTransformerConfig,
  p: NamedTensors,
  images: Tensor,
  activation: (x: Tensor) => Tensor,
): Tensor {
  const { width, layers, head_width: headWidth } = config;
  const cut = tf.tidy('visual.conv1', () => patches(config, p, images));
  const embedded = tf.tidy('visual.positional_embedding', () => addClassAndPositions(cut, p)); // [b, L, w]
  const [batch, length] = embedded.shape as [number, number];
  const classRow = transformer(norm(tf.reshape(embedded, [batch * length, width]), p, 'visual.ln_pre'), p, {
    prefix: 'visual.transformer',
    layers,
    length,
    heads: width / headWidth,
    activation,
    read: rowAt(0, length),
  }); // [b, w]
  return norm(classRow, p, 'visual.ln_post');
}

/** The projection of a Vision Transformer's features into the shared space: [b, w] → [b, d]. */
export function projectVisionFeatures(features: Tensor, p: NamedTensors): Tensor {
  return tf.tidy('visual.proj', () => tf.matMul(features, requireTensor(p, 'visual.proj')));
}

/** The convolution of patch × patch pixels with stride patch, as one matmul. → [b, (H/patch)², w] */
function patches(
  { width, patch_size: patch, image_size: size }: VisionTransformerConfig,
  p: NamedTensors,
  images: Tensor,
): Tensor {
  const batch = images.shape[0];
  const side = size / patch;
  const values = patch * patch * 3;
  const cut = tf.transpose(tf.reshape(images, [batch, side, patch, side, patch * 3]), [0, 1, 3, 2, 4]);
  const rows = tf.reshape(cut, [batch * side * side, values]);
  const weight = tf.reshape(tf.transpose(requireTensor(p, 'visual.conv1.weight'), [0, 2, 3, 1]), [width, values]);
  return tf.reshape(tf.matMul(rows, weight, false, true), [batch, side * side, width]);
}

/** Puts the class embedding in front. It is added to the position of row 0, so that nothing is repeated b times. */
function addClassAndPositions(x: Tensor, p: NamedTensors): Tensor {
  const positions = requireTensor(p, 'visual.positional_embedding'); // [L, w]
  const [length, width] = positions.shape as [number, number];
  const classRow = tf.reshape(requireTensor(p, 'visual.class_embedding'), [1, width]);
  const added = tf.add(
    positions,
    tf.pad(classRow, [
      [0, length - 1],
      [0, 0],
    ]),
  ); // [L, w]
  return tf.add(
    tf.pad(x, [
      [0, 0],
      [1, 0],
      [0, 0],
    ]),
    added,
  );
}
