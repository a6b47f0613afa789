import { sizeOf } from '#engine/tensor-spec.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { preset } from '#model/zoo/presets.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { trainingState, type TrainingState } from '../../apps/coordinator/src/training/state/training-state.js';

/** ViT-B/32, with 151 million parameters, and its optimizer. */
export const updatedConfig = {
  model: preset('ViT-B-32')!,
  optimizer: { kind: 'adamw', learningRate: 1e-5, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.2 },
} as const;
const specs = parameterSpecs(updatedConfig.model);

/** Parameters of 0.02 and their moments. */
export function updateState(): TrainingState {
  const values = Object.fromEntries(specs.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape)).fill(0.02)]));
  return trainingState({ specs }, 0, { parameters: values });
}

/** A gradient for all of its parameters, in shared memory. */
export function someGradient(): Uint8Array {
  const { bytes, values } = sharedBlob(specs);
  for (const value of Object.values(values)) value.fill(1e-3);
  return bytes;
}
