import { float32, int32, sizeOf, type HostTensor } from '#engine/tensor-spec.js';
import type { Initial } from '#model/parameters/parameter-spec.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { seededRandom } from '#model/parameters/seeded-random.js';
import { towerInputs, type TowerName } from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { endTokenId } from '#protocol/run/text-config.js';

/** How many numbers are drawn. It is a prime, so that no two rows of a tensor are alike. */
const drawn = 65_521;

/**
 * Made-up parameters of a tower, with the standard deviations that training starts from. The same few numbers repeat:
 * drawing each of 150 million would take longer than the profile.
 */
export function madeUpParameters(config: ClipConfig, tower: TowerName): Record<string, Float32Array> {
  const random = seededRandom(1, 'made-up parameters');
  const noise = Float32Array.from({ length: drawn }, () => random.normal());
  const own = parameterSpecs(config).filter((spec) => spec.tower === tower);
  return Object.fromEntries(own.map(({ name, shape, initial }) => [name, valuesOf(initial, sizeOf(shape), noise)]));
}

/**
 * Made-up samples of a tower for b pairs: pixels in the range of normalised ones, or tokens that end in the end token.
 */
export function madeUpSamples(config: ClipConfig, tower: TowerName, b: number): HostTensor {
  const random = seededRandom(1, 'made-up samples');
  const { images, tokens } = towerInputs(config, tower, b);
  if (images)
    return float32(
      new Float32Array(sizeOf(images.shape)).map(() => random.uniform() * 4 - 2),
      images.shape,
    );
  const { context_length: length, vocab_size: vocabulary } = config.text_cfg;
  const ids = new Int32Array(b * length).map((_, at) =>
    at % length === length - 1 ? endTokenId(config.text_cfg) : Math.floor(random.uniform() * (vocabulary - 1)),
  );
  return int32(ids, tokens!.shape);
}

function valuesOf(initial: Initial, size: number, noise: Float32Array): Float32Array {
  const values = new Float32Array(size);
  switch (initial.kind) {
    case 'constant':
      return values.fill(initial.value);
    case 'normal':
      return repeat(
        values,
        noise.map((value) => value * initial.std),
      );
    case 'uniform':
      return repeat(
        values,
        noise.map((value) => (value * initial.bound) / 2),
      );
  }
}

function repeat(values: Float32Array, period: Float32Array): Float32Array {
  for (let at = 0; at < values.length; at += period.length) values.set(period.subarray(0, values.length - at), at);
  return values;
}
