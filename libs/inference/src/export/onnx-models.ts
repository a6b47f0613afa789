import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Specs } from '#engine/device.js';
import { encodePortableModel, type PortableParameter, type PortableValues } from '#engine/lower/portable-model.js';
import type { TensorSpec } from '#engine/tensor-spec.js';
import { imageTower } from '#model/towers/image-tower.js';
import { requireTensor, type NamedTensors } from '#model/parameters/named-values.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { endPlaces, textTower } from '#model/towers/text-tower.js';
import { towerInputs, type TowerName } from '#model/towers/tower-step.js';
import { unitRows } from '#model/layers/unit-rows.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { endTokenId, type TextConfig } from '#protocol/run/text-config.js';

export interface OnnxModel {
  readonly config: ClipConfig;
  /** Parameters under open_clip's names, in its layouts. */
  readonly parameters: Readonly<Record<string, PortableValues>>;
}

/** The image tower as ONNX: pixel_values [batch, 3, H, W] → image_embeds [batch, d], not normalised. */
export function imageModel(model: OnnxModel): Uint8Array {
  const { config } = model;
  return encodePortableModel({
    extents: ['batch_size'],
    at: ({ batch_size: batch }) => ({
      fn: (inputs) => ({ image_embeds: imageFeatures(config, inputs) }),
      inputs: { ...specsOf(config, 'image'), ...pixelValues(config, batch) },
    }),
    parameters: held(model),
  });
}

/** The text tower as ONNX: input_ids int64 [batch, sequence] → text_embeds [batch, d], not normalised. */
export function textModel(model: OnnxModel): Uint8Array {
  const { config } = model;
  return encodePortableModel({
    extents: ['batch_size', 'sequence_length'],
    at: ({ batch_size: batch, sequence_length: length }) => ({
      fn: (inputs) => ({ text_embeds: textFeatures(config, inputs) }),
      inputs: { ...specsOf(forTexts(config, length), 'text'), ...inputIds(batch, length) },
    }),
    parameters: held(model),
  });
}

/**
 * Both towers and their similarities as ONNX: pixel_values, input_ids → logits_per_image [images, texts],
 * logits_per_text [texts, images], text_embeds and image_embeds, rows of unit length. Source: transformers, CLIPModel.
 */
export function clipModel(model: OnnxModel): Uint8Array {
  const { config } = model;
  return encodePortableModel({
    extents: ['image_batch_size', 'text_batch_size', 'sequence_length'],
    at: ({ image_batch_size: images, text_batch_size: texts, sequence_length: length }) => ({
      fn: (inputs) =>
        similarities(inputs, unitRows(imageFeatures(config, inputs)), unitRows(textFeatures(config, inputs))),
      inputs: {
        ...specsOf(config, 'image'),
        ...specsOf(forTexts(config, length), 'text'),
        ...lossSpecs(config),
        ...inputIds(texts, length),
        ...pixelValues(config, images),
      },
    }),
    parameters: held(model),
  });
}

function similarities(p: NamedTensors, images: Tensor, texts: Tensor): Record<string, Tensor> {
  const scaled = tf.mul(texts, tf.exp(requireTensor(p, 'logit_scale')));
  const cosines = tf.matMul(scaled, images, false, true); // [texts, images], times the logit scale
  const perText = p['logit_bias'] ? tf.add(cosines, p['logit_bias']) : cosines;
  return {
    logits_per_image: tf.transpose(perText),
    logits_per_text: perText,
    text_embeds: texts,
    image_embeds: images,
  };
}

function imageFeatures(config: ClipConfig, inputs: NamedTensors): Tensor {
  return imageTower(config, inputs, tf.transpose(requireTensor(inputs, 'pixel_values'), [0, 2, 3, 1]), {
    kind: 'running',
  });
}

function textFeatures(config: ClipConfig, inputs: NamedTensors): Tensor {
  const tokens = withEnd(requireTensor(inputs, 'input_ids'), endTokenId(config.text_cfg));
  return textTower(config, inputs, readsPadding(config) ? padded(tokens, config.text_cfg) : tokens);
}

/**
 * The config for texts of `length` tokens. A tower that does not read padding takes them as they are, with the first
 * `length` positional embeddings; any other needs texts of the full context length.
 */
function forTexts(config: ClipConfig, length: number): ClipConfig {
  return readsPadding(config) ? config : { ...config, text_cfg: { ...config.text_cfg, context_length: length } };
}

/** True where the tokens after the end token change the embedding. */
function readsPadding({ text_cfg: { no_causal_mask: seesAll = false, pool_type: pool } }: ClipConfig): boolean {
  return seesAll || pool === 'last';
}

/**
 * The tokens with `end` in the last place of every row that has no end token. transformers.js truncates long texts
 * without keeping their end token, but most towers take the embedding from its position.
 */
function withEnd(tokens: Tensor, end: number): Tensor {
  const length = tokens.shape[1]!;
  const endToken = tf.scalar(end, 'int32');
  const isEnd = tf.cast(tf.equal(tokens, endToken), 'int32'); // [b, L]
  const isOpen = tf.equal(tf.max(isEnd, 1, true), tf.scalar(0, 'int32')); // [b, 1]
  const isLast = tf.equal(tf.range(1, length + 1, 1, 'int32'), tf.scalar(length, 'int32')); // [L]
  return tf.where(tf.logicalAnd(isOpen, isLast), endToken, tokens);
}

/** The tokens padded as Tandem's tokenizer pads them: zeros after the first end token, [b, m] → [b, L]. */
function padded(tokens: Tensor, text: TextConfig): Tensor {
  const [batch, length] = tokens.shape as [number, number];
  const places = tf.range(0, text.context_length, 1, 'int32'); // [L]
  const lastPlace = tf.sub(tf.scalar(length, 'int32'), tf.scalar(1, 'int32'));
  const longer = tf.gather(tokens, tf.minimum<tf.Tensor1D>(places, lastPlace), 1); // [b, L]
  const isPadding = tf.greater(places, tf.reshape(endPlaces(text, tokens), [batch, 1])); // [b, L]
  return tf.where(isPadding, tf.scalar(0, 'int32'), longer);
}

function pixelValues({ vision_cfg: { image_size: side } }: ClipConfig, batch: number): Record<string, TensorSpec> {
  return { pixel_values: { dtype: 'float32', shape: [batch, 3, side, side] } };
}

function inputIds(batch: number, length: number): Record<string, TensorSpec> {
  return { input_ids: { dtype: 'int32', shape: [batch, length] } };
}

/** Specs of a tower's parameters and buffers, without its input. */
function specsOf(config: ClipConfig, tower: TowerName): Specs {
  const { images: _images, tokens: _tokens, ...tensors } = towerInputs(config, tower, 1);
  return tensors;
}

/** Specs of logit scale and bias. */
function lossSpecs(config: ClipConfig): Specs {
  const ofLoss = parameterSpecs(config).filter(({ tower }) => tower === 'loss');
  return Object.fromEntries(ofLoss.map(({ name, shape }) => [name, { dtype: 'float32', shape }]));
}

/** All tensors of the model with their values. */
function held({ config, parameters }: OnnxModel): Record<string, PortableParameter> {
  const specs = { ...specsOf(config, 'image'), ...specsOf(config, 'text'), ...lossSpecs(config) };
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }]) => [name, { shape, data: parameters[name]! }]),
  );
}
