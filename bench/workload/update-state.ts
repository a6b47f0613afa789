import { sizeOf } from '#engine/tensor-spec.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { preset } from '#model/zoo/presets.js';
import type { ClipConfig } from '#protocol/run-config.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { trainingState, type TrainingState } from '../../apps/coordinator/src/training/state/training-state.js';

/** ViT-B/32, of 151 million parameters. */
export const updatedModel: ClipConfig = preset('ViT-B-32')!;

/** Its parameters and moments, every value a little off zero. */
export function updateState(): TrainingState {
  const values = Object.fromEntries(parameterSpecs(updatedModel).map(({ name, shape }) => [name, new Float32Array(sizeOf(shape)).fill(0.02)]));
  return trainingState({ specs: parameterSpecs(updatedModel) }, 0, { parameters: values });
}

/** A gradient of it, in shared memory. */
export function someGradient(): Uint8Array {
  const { bytes, values } = sharedBlob(parameterSpecs(updatedModel));
  for (const value of Object.values(values)) value.fill(1e-3);
  return bytes;
}
