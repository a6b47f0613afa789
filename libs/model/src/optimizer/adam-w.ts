import { blockValues, updateBlock } from './adam-w-kernel.js';

/** A parameter tensor and what AdamW knows of it, all of one length. */
export interface AdamWTensors {
  /** Overwritten. */
  readonly parameters: Float32Array;
  /** Left as they are. */
  readonly gradients: Float32Array;
  /** Running mean of the gradients; overwritten, zeros at first. */
  readonly firstMoments: Float32Array;
  /** Running mean of their squares; overwritten, zeros at first. */
  readonly secondMoments: Float32Array;
}

export interface AdamWHyper {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Updates made so far, this one included: 1 at the first. */
  readonly update: number;
}

/**
 * One AdamW update in place, element by element in float64, stored as float32; g: the gradient times `gradientFactor`,
 * rounded to float32: m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; θ ← (1 − lr·decay)·θ − lr·m̂/(√v̂ + ε), m̂ = m/(1−β₁ᵗ), v̂
 * = v/(1−β₂ᵗ). Source: Loshchilov & Hutter 2019, alg. 2, with the decay multiplied by lr as in PyTorch.
 */
export function adamW(tensors: AdamWTensors, hyper: AdamWHyper, gradientFactor = 1): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, update } = hyper;
  const numbers = {
    gradientFactor,
    beta1,
    rest1: 1 - beta1,
    beta2,
    rest2: 1 - beta2,
    kept: 1 - learningRate * weightDecay,
    rate: learningRate / (1 - beta1 ** update),
    correction: 1 / Math.sqrt(1 - beta2 ** update),
    epsilon,
  };
  const { length } = tensors.parameters;
  for (const [name, values] of Object.entries(tensors) as [string, Float32Array][]) {
    if (values.length !== length)
      throw new RangeError(`adamW: expected ${length} ${name}, as many as parameters, got ${values.length}`);
  }
  for (let from = 0; from < length; from += blockValues) {
    const block = (values: Float32Array): Float32Array => values.subarray(from, from + blockValues);
    updateBlock(
      {
        parameters: block(tensors.parameters),
        gradients: block(tensors.gradients),
        firstMoments: block(tensors.firstMoments),
        secondMoments: block(tensors.secondMoments),
      },
      numbers,
    );
  }
}
