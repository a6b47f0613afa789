/** A parameter tensor and what AdamW knows of it, all of one length. */
export interface AdamWTensors {
  /** Overwritten. */
  readonly parameters: Float32Array;
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
 * One AdamW update in place, element by element in float64, stored as float32:
 * m ← β₁m + (1−β₁)g; v ← β₂v + (1−β₂)g²; θ ← (1 − lr·decay)·θ − lr·m̂/(√v̂ + ε), m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ).
 * Source: Loshchilov & Hutter 2019, alg. 2, with the decay multiplied by lr as in PyTorch.
 */
export function adamW({ parameters, gradients, firstMoments, secondMoments }: AdamWTensors, hyper: AdamWHyper): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, update } = hyper;
  const kept = 1 - learningRate * weightDecay;
  const rate = learningRate / (1 - beta1 ** update);
  const inverseCorrection = 1 / Math.sqrt(1 - beta2 ** update);
  for (let i = 0; i < parameters.length; i++) {
    const gradient = gradients[i] as number;
    const first = beta1 * (firstMoments[i] as number) + (1 - beta1) * gradient;
    const second = beta2 * (secondMoments[i] as number) + (1 - beta2) * gradient * gradient;
    firstMoments[i] = first;
    secondMoments[i] = second;
    const step = (rate * first) / (Math.sqrt(second) * inverseCorrection + epsilon);
    parameters[i] = kept * (parameters[i] as number) - step;
  }
}
