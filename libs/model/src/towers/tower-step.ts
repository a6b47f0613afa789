import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { TensorFunction } from '#engine/device.js';
import type { TensorSpec } from '#engine/tensor-spec.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { NormStatistics } from '../layers/batch-norm.js';
import { encodeImage, encodeText } from '../clip.js';
import { unitRows } from '../layers/unit-rows.js';
import { requireTensor, type NamedTensors } from '../parameters/named-values.js';
import { imageFeatures, projectFeatures } from './image-tower.js';
import type { ModelTensor } from '../parameters/parameter-spec.js';
import { modelTensors, parameterSpecs } from '../parameters/parameters.js';
import { isRunningStatistic } from '../parameters/running-statistics.js';

export const towerNames = ['image', 'text'] as const;
export type TowerName = (typeof towerNames)[number];

/** The name of the input that holds the samples of a tower. */
export const sampleNames = { image: 'images', text: 'tokens' } as const satisfies Record<TowerName, string>;

/**
 * A tower in evaluation, as a function to compile. Inputs: its tensors by name, running statistics among them, and
 * `images` float32 [b, H, W, 3] or `tokens` int32 [b, L]. Output: `embedding` [b, d], rows of unit length.
 */
export function towerForward(config: ClipConfig, tower: TowerName): TensorFunction {
  return (inputs) => ({ embedding: encode(config, tower, inputs, { kind: 'running' }) });
}

/**
 * The image tower in evaluation with its features, as a function to compile. Inputs: as in towerForward. Outputs:
 * `features` [b, w], what the tower gives before its projection, and `embedding` [b, d], rows of unit length.
 */
export function imageFeaturesForward(config: ClipConfig): TensorFunction {
  return (inputs) => {
    const features = imageFeatures(config, inputs, requireTensor(inputs, sampleNames.image), { kind: 'running' });
    return { features, embedding: unitRows(projectFeatures(config, inputs, features)) };
  };
}

/**
 * A tower in training, with its gradient, as a function to compile. Inputs: its parameters by name, its samples as in
 * towerForward, and `embeddingGradient` [b, d]. Outputs: `embedding` [b, d]; for each trained parameter `gradient/NAME`
 * = ∂⟨embedding, embeddingGradient⟩/∂parameter, a sum over the b rows; for each running statistic
 * `batch_statistic/NAME`, which is b times the statistic that the batch norm saw, so that it adds up as gradients do.
 */
export function towerGradients(
  config: ClipConfig,
  tower: TowerName,
  trained: readonly string[] = towerParameters(config, tower),
): TensorFunction {
  return (inputs) => {
    const batchStatistics: Record<string, Tensor> = {};
    const withParameters = (...values: Tensor[]): Tensor =>
      encode(
        config,
        tower,
        { ...inputs, ...Object.fromEntries(trained.map((name, i) => [name, values[i] as Tensor])) },
        { kind: 'batch', batchStatistics },
      );
    const { value, grads } = tf.valueAndGrads(withParameters)(
      trained.map((name) => requireTensor(inputs, name)),
      requireTensor(inputs, 'embeddingGradient'),
    );
    const gradients = trained.map((name, i) => [gradientName(name), grads[i] as Tensor] as const);
    const summed = Object.entries(batchStatistics).map(
      ([name, statistic]) => [batchStatisticName(name), tf.mul(statistic, value.shape[0])] as const,
    );
    tf.dispose(batchStatistics);
    return { embedding: value, ...Object.fromEntries([...gradients, ...summed]) };
  };
}

/** Specs of the inputs of towerForward for a micro-batch of b. */
export function towerInputs(config: ClipConfig, tower: TowerName, b: number): Record<string, TensorSpec> {
  return { ...tensorInputs(modelTensors(config), tower), ...sampleInput(config, tower, b) };
}

/** Specs of the inputs of towerGradients for a micro-batch of b. */
export function towerGradientInputs(config: ClipConfig, tower: TowerName, b: number): Record<string, TensorSpec> {
  return {
    ...tensorInputs(parameterSpecs(config), tower),
    ...sampleInput(config, tower, b),
    embeddingGradient: { dtype: 'float32', shape: [b, config.embed_dim] },
  };
}

/** Name of the output that holds a parameter's gradient. */
export function gradientName(parameter: string): string {
  return `gradient/${parameter}`;
}

/** Name of the output that holds b times the batch statistic for a running statistic. */
function batchStatisticName(statistic: string): string {
  return `batch_statistic/${statistic}`;
}

/**
 * The outputs of towerGradients that are added up over micro-batches, each with the name of the model's tensor that it
 * belongs to.
 */
export function towerSums(
  config: ClipConfig,
  tower: TowerName,
  trained: readonly string[],
): { readonly name: string; readonly shape: readonly number[]; readonly output: string }[] {
  const ofTower = modelTensors(config).filter((tensor) => tensor.tower === tower);
  return ofTower.flatMap(({ name, shape }) => {
    if (isRunningStatistic(name)) return [{ name, shape, output: batchStatisticName(name) }];
    return trained.includes(name) ? [{ name, shape, output: gradientName(name) }] : [];
  });
}

/** Names of a tower's parameters, in parameterSpecs' order. */
export function towerParameters(config: ClipConfig, tower: TowerName): string[] {
  return parameterSpecs(config)
    .filter((spec) => spec.tower === tower)
    .map((spec) => spec.name);
}

function tensorInputs(tensors: readonly ModelTensor[], tower: TowerName): Record<string, TensorSpec> {
  const own = tensors.filter((tensor) => tensor.tower === tower);
  return Object.fromEntries(own.map(({ name, shape }) => [name, { dtype: 'float32', shape }]));
}

function encode(config: ClipConfig, tower: TowerName, inputs: NamedTensors, statistics: NormStatistics): Tensor {
  switch (tower) {
    case 'image':
      return encodeImage(config, inputs, requireTensor(inputs, 'images'), statistics);
    case 'text':
      return encodeText(config, inputs, requireTensor(inputs, 'tokens'));
  }
}

function sampleInput(
  { vision_cfg: vision, text_cfg: text }: ClipConfig,
  tower: TowerName,
  b: number,
): Record<string, TensorSpec> {
  switch (tower) {
    case 'image':
      return { images: { dtype: 'float32', shape: [b, vision.image_size, vision.image_size, 3] } };
    case 'text':
      return { tokens: { dtype: 'int32', shape: [b, text.context_length] } };
  }
}
