import { sizeOf } from '#engine/tensor-spec.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { ModelTensor } from './parameter-spec.js';
import { modelTensors } from './parameters.js';
import { seededRandom } from './seeded-random.js';

/**
 * Values every tensor of a model starts from, by name. Each is drawn from its own stream of `seed`, named as the
 * parameter is, so it does not change when others are added or left out.
 */
export function initialParameters(config: ClipConfig, seed: number): Record<string, Float32Array> {
  return Object.fromEntries(modelTensors(config).map((spec) => [spec.name, initialValues(spec, seed)]));
}

/** Values one tensor of a model starts from. */
export function initialValues({ name, shape, initial }: ModelTensor, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  const random = seededRandom(seed, name);
  switch (initial.kind) {
    case 'constant':
      return values.fill(initial.value);
    case 'normal':
      return values.map(() => initial.std * random.normal());
    case 'uniform':
      return values.map(() => initial.bound * (2 * random.uniform() - 1));
  }
}
