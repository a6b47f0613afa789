import type { ParameterSpec } from '#model/parameters.js';
import { decodeFloat32 } from '#store/safetensors.js';
import { sharedBlob } from '#store/shared-blob.js';

/**
 * All that a step changes. The three blobs are safetensors with one float32 tensor a parameter, laid out alike, in memory
 * that the update's thread shares; they are written in place, so an older state is gone when a newer one is made.
 */
export interface TrainingState {
  /** Committed steps; also the number of the next one, counted from 0. */
  readonly step: number;
  /** ln s, the parameter `logit_scale`. */
  readonly logitScale: number;
  readonly parameters: Uint8Array;
  readonly firstMoments: Uint8Array;
  readonly secondMoments: Uint8Array;
}

/** A state with these parameters and moments; moments are zeros where left out. */
export function trainingState(
  specs: readonly ParameterSpec[],
  step: number,
  values: { readonly parameters: Tensors; readonly firstMoments?: Tensors; readonly secondMoments?: Tensors },
): TrainingState {
  const parameters = filled(specs, values.parameters);
  return {
    step,
    logitScale: logitScaleOf(parameters),
    parameters,
    firstMoments: filled(specs, values.firstMoments),
    secondMoments: filled(specs, values.secondMoments),
  };
}

type Tensors = Readonly<Record<string, Float32Array>>;

export function logitScaleOf(parameters: Uint8Array): number {
  return decodeFloat32(parameters)['logit_scale']!.data[0]!;
}

function filled(specs: readonly ParameterSpec[], tensors: Tensors = {}): Uint8Array {
  const { bytes, values } = sharedBlob(specs);
  for (const [name, data] of Object.entries(tensors)) values[name]!.set(data);
  return bytes;
}
