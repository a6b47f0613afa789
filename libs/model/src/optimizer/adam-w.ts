import { loadKernel, pageBytes, type KernelMemory } from '#kernel/load-kernel.js';
import { clampLogitScale } from '../loss/logit-scale.js';
import { requireTensor, type NamedValues } from '../parameters/named-values.js';
import type { ParameterSpec } from '../parameters/parameter-spec.js';
import { isRunningStatistic, updateRunningStatistic } from '../parameters/running-statistics.js';
import { parameterPieces, valuesOf, type ParameterPiece } from './parameter-piece.js';

export interface AdamWHyper {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Number of this update: 1 for the first. */
  readonly update: number;
}

export interface ParameterUpdate {
  readonly specs: readonly ParameterSpec[];
  /** Overwritten. */
  readonly parameters: NamedValues;
  /**
   * Gradients of the mean loss over the N pairs. For a running statistic: the statistic that the batch norms of this
   * step saw, a mean over its N images. A parameter without a gradient stays as it is.
   */
  readonly gradients: NamedValues;
  /** Overwritten; zeros at first. */
  readonly firstMoments: NamedValues;
  /** Overwritten; zeros at first. */
  readonly secondMoments: NamedValues;
  readonly hyper: AdamWHyper;
  /** The factor by which clipping multiplies the gradients (clipFactor); 1 if left out. */
  readonly gradientFactor?: number;
  /** Does weight decay apply to this parameter? If left out, spec.decay says, which is open_clip's rule. */
  readonly decays?: (spec: ParameterSpec) => boolean;
}

/**
 * Updates a model in place: AdamW for its parameters, logit_scale clamped to [0, ln 100], a tenth of each running
 * statistic replaced. `pieces` (of parameterPieces) limits the update to some of the values, since no value's update
 * depends on another value. Source: open_clip, train.py.
 */
export function updateParameters(
  update: ParameterUpdate,
  pieces: Iterable<ParameterPiece> = parameterPieces(update.gradients),
): void {
  const { specs, hyper, gradientFactor, decays = (spec) => spec.decay } = update;
  const undecayed = { ...hyper, weightDecay: 0 };
  const hyperOf: Readonly<Record<string, AdamWHyper>> = Object.fromEntries(
    specs.map((spec) => [spec.name, decays(spec) ? hyper : undecayed]),
  );
  for (const piece of pieces) {
    const parameters = valuesOf(piece, update.parameters);
    const gradients = valuesOf(piece, update.gradients);
    if (isRunningStatistic(piece.name)) {
      updateRunningStatistic(parameters, gradients);
      continue;
    }
    const firstMoments = valuesOf(piece, update.firstMoments);
    const secondMoments = valuesOf(piece, update.secondMoments);
    adamW({ parameters, gradients, firstMoments, secondMoments }, requireTensor(hyperOf, piece.name), gradientFactor);
    if (piece.name === 'logit_scale') parameters[0] = clampLogitScale(parameters[0]!);
  }
}

/** A parameter tensor, its gradient and its moments, all of the same length. The gradients are left as they are. */
export interface AdamWTensors {
  readonly parameters: Float32Array;
  readonly gradients: Float32Array;
  /** Running mean of the gradients. */
  readonly firstMoments: Float32Array;
  /** Running mean of their squares. */
  readonly secondMoments: Float32Array;
}

/**
 * One AdamW update in place, element by element, computed in float64 and stored as float32. g is the gradient times
 * `gradientFactor`, rounded to float32:
 *
 *     m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  θ ← (1 − lr·decay)·θ − lr·m̂/(√v̂ + ε);  m̂ = m/(1−β₁ᵗ),  v̂ = v/(1−β₂ᵗ)
 *
 * The loop is in adam-w.wat. Source: Loshchilov & Hutter 2019, alg. 2, with the decay multiplied by lr as in PyTorch.
 */
export function adamW(tensors: AdamWTensors, hyper: AdamWHyper, gradientFactor = 1): void {
  const { learningRate, beta1, beta2, epsilon, weightDecay, update } = hyper;
  const { length } = tensors.parameters;
  const copies = blocks.map(({ name, block }) => {
    const { buffer, byteOffset, byteLength, length: got } = tensors[name];
    if (got !== length) throw new RangeError(`adamW: expected ${length} ${name}, as many as parameters, got ${got}`);
    return { isWritten: name !== 'gradients', block, bytes: Buffer.from(buffer, byteOffset, byteLength) };
  });
  const decayFactor = 1 - learningRate * weightDecay;
  const rate = learningRate / (1 - beta1 ** update);
  const correction = 1 / Math.sqrt(1 - beta2 ** update);
  const numbers = [beta1, 1 - beta1, beta2, 1 - beta2, decayFactor, rate, correction, epsilon] as const;
  // A kernel reaches only its own memory, so values are copied in and out. Buffer.fill copies as memcpy does, whereas
  // TypedArray.set copies shared memory word by word.
  for (let from = 0; from < length * valueBytes; from += blockBytes) {
    const count = Math.min(blockBytes, length * valueBytes - from);
    for (const { block, bytes } of copies) block.fill(bytes.subarray(from, from + count), 0, count);
    if (gradientFactor !== 1) kernel.scaleGradients(count, gradientFactor);
    kernel.update(count, ...numbers);
    for (const { isWritten, block, bytes } of copies) if (isWritten) bytes.fill(block, from, from + count);
  }
}

interface AdamWKernel {
  readonly memory: KernelMemory;
  /** `endBytes`: how many bytes of each block hold values. */
  scaleGradients(endBytes: number, factor: number): void;
  update(
    ...numbers: readonly [
      endBytes: number,
      beta1: number,
      oneMinusBeta1: number,
      beta2: number,
      oneMinusBeta2: number,
      decayFactor: number,
      rate: number,
      correction: number,
      epsilon: number,
    ]
  ): void;
}

const kernel = await loadKernel<AdamWKernel>(new URL('./adam-w.wasm', import.meta.url));
const valueBytes = Float32Array.BYTES_PER_ELEMENT;
/** Number of values in a block. */
export const blockValues = pageBytes / 2 / valueBytes;
const blockBytes = blockValues * valueBytes;
/** Where a block of each tensor lies in the kernel's memory. */
const blocks = (['parameters', 'gradients', 'firstMoments', 'secondMoments'] as const).map((name, place) => ({
  name,
  block: Buffer.from(kernel.memory.buffer, place * blockBytes, blockBytes),
}));
