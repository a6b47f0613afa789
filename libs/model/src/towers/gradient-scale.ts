import * as tf from '@tensorflow/tfjs';
import type { Feeds, Specs, TensorFunction } from '#engine/device.js';
import { float32 } from '#engine/tensor-spec.js';
import { requireTensor } from '../parameters/named-values.js';
import { gradientName } from './tower-step.js';

/** Largest exponent of a scale: both the scale and its inverse are then normal numbers of float32. */
const exponentMax = 126;

/** The further inputs that scaledGradients adds to a function. */
export const scaleInputs: Specs = {
  gradientScale: { dtype: 'float32', shape: [] },
  gradientUnscale: { dtype: 'float32', shape: [] },
};

/**
 * Wraps a function that takes `embeddingGradient` and returns gradients of parameters. The backward pass runs on
 * gradients multiplied by `gradientScale`, a power of two, and its results are divided by it again. float16 holds
 * nothing below 6e-8, and gradients of a mean over a large batch lie around that. Scaled, they keep their digits. Since
 * a power of two changes no digit, the result is the same as if float16 had more exponents. Source: Micikevicius et al.
 * 2018, §3.2.
 */
export function scaledGradients(gradients: TensorFunction): TensorFunction {
  return (inputs) => {
    const times = (x: tf.Tensor, factor: string): tf.Tensor =>
      tf.tidy('gradient-scale', () => tf.mul(x, requireTensor(inputs, factor)));
    const scaled = times(requireTensor(inputs, 'embeddingGradient'), 'gradientScale');
    const outputs = Object.entries(gradients({ ...inputs, embeddingGradient: scaled }));
    const isGradient = (name: string): boolean => name.startsWith(gradientName(''));
    return Object.fromEntries(
      outputs.map(([name, value]) => [name, isGradient(name) ? times(value, 'gradientUnscale') : value]),
    );
  };
}

/** The values of scaleInputs for these embedding gradients: their scale and its inverse. */
export function scaleFeeds(embeddingGradients: Float32Array): Feeds {
  const scale = gradientScale(embeddingGradients);
  return {
    gradientScale: float32(Float32Array.of(scale), []),
    gradientUnscale: float32(Float32Array.of(1 / scale), []),
  };
}

/**
 * The power of two that brings the largest magnitude into [1, 2), which leaves sums 15 binary orders of magnitude to
 * grow. It is 1 if all gradients are zero.
 */
export function gradientScale(gradients: Float32Array): number {
  const largest = Float32Array.of(gradients.reduce((max, value) => Math.max(max, Math.abs(value)), 0));
  if (largest[0] === 0) return 1;
  const exponent = (new Uint32Array(largest.buffer)[0]! >>> 23) - 127;
  return 2 ** Math.max(-exponentMax, Math.min(exponentMax, -exponent));
}
