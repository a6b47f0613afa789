import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { TensorFunction } from '#engine/device.js';
import type { TensorSpec } from '#engine/tensor-spec.js';
import type { ClipConfig } from '#protocol/run-config.js';
import { encodeImage, encodeText } from './clip.js';
import { named, type NamedTensors } from './named.js';
import { parameterSpecs } from './parameters.js';

export const towerNames = ['image', 'text'] as const;
export type Tower = (typeof towerNames)[number];

/**
 * A tower as a function to compile. Inputs: its parameters by name, and `images` float32 [b, H, W, 3] or `tokens` int32
 * [b, L]. Output: `embedding` [b, d], rows of unit length.
 */
export function towerForward(config: ClipConfig, tower: Tower): TensorFunction {
  return (inputs) => ({ embedding: encode(config, tower, inputs) });
}

/**
 * A tower with its gradient. Inputs: those of towerForward and `embeddingGradient` [b, d]. Outputs: `embedding` [b, d] and
 * for each trained parameter `gradient/NAME` = ∂⟨embedding, embeddingGradient⟩/∂parameter, a sum over the b rows.
 */
export function towerGradients(config: ClipConfig, tower: Tower, trained: readonly string[] = towerParameters(config, tower)): TensorFunction {
  return (inputs) => {
    const withParameters = (...values: Tensor[]): Tensor =>
      encode(config, tower, { ...inputs, ...Object.fromEntries(trained.map((name, i) => [name, values[i] as Tensor])) });
    const { value, grads } = tf.valueAndGrads(withParameters)(
      trained.map((name) => named(inputs, name)),
      named(inputs, 'embeddingGradient'),
    );
    const gradients = trained.map((name, i) => [gradientName(name), grads[i] as Tensor] as const);
    return { embedding: value, ...Object.fromEntries(gradients) };
  };
}

/** Specs of what towerForward takes for a micro-batch of b. */
export function towerInputs(config: ClipConfig, tower: Tower, b: number): Record<string, TensorSpec> {
  const parameters = parameterSpecs(config).filter((spec) => spec.tower === tower);
  return {
    ...Object.fromEntries(parameters.map(({ name, shape }) => [name, { dtype: 'float32', shape }])),
    ...sampleInput(config, tower, b),
  };
}

/** Specs of what towerGradients takes for a micro-batch of b. */
export function towerGradientInputs(config: ClipConfig, tower: Tower, b: number): Record<string, TensorSpec> {
  return { ...towerInputs(config, tower, b), embeddingGradient: { dtype: 'float32', shape: [b, config.embed_dim] } };
}

/** Name of the output that holds a parameter's gradient. */
export function gradientName(parameter: string): string {
  return `gradient/${parameter}`;
}

/** Names of a tower's parameters, in parameterSpecs' order. */
export function towerParameters(config: ClipConfig, tower: Tower): string[] {
  return parameterSpecs(config)
    .filter((spec) => spec.tower === tower)
    .map((spec) => spec.name);
}

function encode(config: ClipConfig, tower: Tower, inputs: NamedTensors): Tensor {
  switch (tower) {
    case 'image':
      return encodeImage(config, inputs, named(inputs, 'images'));
    case 'text':
      return encodeText(config, inputs, named(inputs, 'tokens'));
  }
}

function sampleInput({ vision_cfg: vision, text_cfg: text }: ClipConfig, tower: Tower, b: number): Record<string, TensorSpec> {
  switch (tower) {
    case 'image':
      return { images: { dtype: 'float32', shape: [b, vision.image_size, vision.image_size, 3] } };
    case 'text':
      return { tokens: { dtype: 'int32', shape: [b, text.context_length] } };
  }
}
