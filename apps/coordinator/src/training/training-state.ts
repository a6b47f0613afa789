import type { ParameterSpec } from '#model/parameters.js';
import { allocateSafetensors, decodeFloat32, type SafetensorsBlob } from '#store/safetensors.js';

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
  const parameters = sharedBlob(specs, values.parameters);
  return {
    step,
    logitScale: logitScaleOf(parameters),
    parameters,
    firstMoments: sharedBlob(specs, values.firstMoments),
    secondMoments: sharedBlob(specs, values.secondMoments),
  };
}

type Tensors = Readonly<Record<string, Float32Array>>;

export function logitScaleOf(parameters: Uint8Array): number {
  return decodeFloat32(parameters)['logit_scale']!.data[0]!;
}

function sharedBlob(specs: readonly ParameterSpec[], values: Tensors | undefined): Uint8Array {
  const layout = Object.fromEntries(specs.map(({ name, shape }) => [name, { dtype: 'F32' as const, shape }]));
  const blob: SafetensorsBlob = allocateSafetensors(layout, {}, (bytes) => new SharedArrayBuffer(bytes));
  for (const [name, data] of Object.entries(values ?? {})) (blob.tensors[name]!.data as Float32Array).set(data);
  return blob.bytes;
}
