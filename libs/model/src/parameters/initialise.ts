import { sizeOf } from '#engine/tensor-spec.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { atOnce, type Pausable } from '#threads/turns.js';
import type { ModelTensor } from './parameter-spec.js';
import { modelTensors } from './parameters.js';
import { seededRandom } from './seeded-random.js';

/**
 * Initial values of every tensor of a model, by name. Each tensor is drawn from its own stream of `seed`, which has the
 * name of the tensor. So its values do not change when other tensors are added or left out.
 */
export function initialParameters(config: ClipConfig, seed: number): Record<string, Float32Array> {
  return Object.fromEntries(modelTensors(config).map((spec) => [spec.name, initialValues(spec, seed)]));
}

/** Initial values of one tensor of a model. */
export function initialValues(tensor: ModelTensor, seed: number): Float32Array {
  return atOnce(drawnValues(tensor, seed));
}

/** The same with pauses: drawing the token embeddings of ViT-B/32 takes about a second. */
export function* drawnValues({ name, shape, initial }: ModelTensor, seed: number): Pausable<Float32Array> {
  const values = new Float32Array(sizeOf(shape));
  if (initial.kind === 'constant') return values.fill(initial.value);
  const random = seededRandom(seed, name);
  const draw =
    initial.kind === 'normal' ? () => initial.std * random.normal() : () => initial.bound * (2 * random.uniform() - 1);
  for (let from = 0; from < values.length; from += drawsBetweenPauses) {
    const to = Math.min(from + drawsBetweenPauses, values.length);
    for (let i = from; i < to; i++) values[i] = draw();
    yield;
  }
  return values;
}

/** Takes about a millisecond. */
const drawsBetweenPauses = 2 ** 15;
