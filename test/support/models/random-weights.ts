import { sizeOf } from '#engine/tensor-spec.js';
import { modelTensors } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import type { ModelWeights } from '#weights/model-weights.js';

/** Random values by parameter, with any bits at all, including several NaNs and -0. */
export function randomWeights(config: ClipConfig, seed: number): Record<string, Float32Array> {
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
  const special = [0x7fc00000, 0x7f800001, 0xffbfffff, 0x80000000, 0x00000001, 0x7f800000];
  return Object.fromEntries(
    modelTensors(config).map(({ name, shape }) => {
      const bits = new Uint32Array(sizeOf(shape)).map((_, i) => special[i % 17] ?? next());
      return [name, new Float32Array(bits.buffer)];
    }),
  );
}

export function weightsOf(
  config: ClipConfig,
  values: Readonly<Record<string, Float32Array>>,
): Pick<ModelWeights, 'config' | 'read'> {
  return { config, read: async (parameter) => values[parameter]! };
}

/** The bits of all values of a model in hex, by parameter, so that NaNs can be compared too. */
export async function weightBits({
  config,
  read,
}: Pick<ModelWeights, 'config' | 'read'>): Promise<Record<string, string>> {
  const bits: Record<string, string> = {};
  for (const { name } of modelTensors(config)) {
    const { buffer, byteOffset, byteLength } = await read(name);
    bits[name] = Buffer.from(buffer, byteOffset, byteLength).toString('hex');
  }
  return bits;
}
