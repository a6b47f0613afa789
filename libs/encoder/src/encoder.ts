import type { Device, DeviceTensor, Specs, StagedExecutable, Stash } from '#engine/device.js';
import { float32, type HostTensor, type Precision } from '#engine/tensor-spec.js';
import { scaleFeeds, scaleInputs } from '#model/towers/gradient-scale.js';
import {
  sampleNames,
  towerGradientInputs,
  towerParameters,
  towerSums,
  type TowerName,
} from '#model/towers/tower-step.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { accumulatingGradients, sumInputs, sumName } from './accumulating-gradients.js';

/**
 * A tower on a device, with its parameters and the sum of the gradients of the current shard. Both stay on the device
 * from micro-batch to micro-batch. Each size of micro-batch is compiled once.
 */
export interface Encoder {
  /** Does it have gradients? If not, backprop has nothing to do with it. */
  readonly isTrainable: boolean;
  /** Bytes that a micro-batch of b pairs keeps between forward and backward. */
  stashBytes(b: number): Promise<number>;
  /** Names of its parameters. */
  readonly parameters: readonly string[];
  /** Its parameters on the device. */
  readonly tensors: Readonly<Record<string, DeviceTensor>>;
  setParameter(name: string, values: Float32Array): Promise<void>;
  /** Computes the embeddings, rows of unit length [b, d], and the stash that backward needs. */
  forward(samples: HostTensor): Promise<{ readonly rows: Float32Array; readonly stash: Stash }>;
  /**
   * Adds ∂⟨rows, rowGradients⟩/∂θ, a sum over the rows of the micro-batch, to the gradients. To the sums of the running
   * statistics it adds b times the statistics that the norms saw.
   */
  backward(samples: HostTensor, rowGradients: Float32Array, stash: Stash): Promise<void>;
  clearGradients(): Promise<void>;
  /**
   * Copies into shared memory the sum, since the last clearGradients, of a parameter's gradient or of a running
   * statistic.
   */
  readGradient(name: string, into: Float32Array): Promise<void>;
  /** Frees everything it holds on the device. */
  close(): Promise<void>;
}

export interface EncoderOptions {
  /** Precision of the tower's matmuls. */
  readonly precision?: Precision;
  /** The parameters that get a gradient, at least one. If left out, all of them. */
  readonly trainable?: readonly string[];
}

/** Opens an encoder with gradients. Throws UNSUPPORTED_OP if the device does not support the precision. */
export async function openEncoder(
  device: Device,
  config: ClipConfig,
  tower: TowerName,
  { precision = 'float32', trainable = towerParameters(config, tower) }: EncoderOptions = {},
): Promise<Encoder> {
  const names = towerParameters(config, tower);
  const isScaled = precision === 'float16'; // The other types hold numbers as small as float32 does.
  const specs = towerGradientInputs(config, tower, 1);
  const allocateAll = async (specs: Specs): Promise<Record<string, DeviceTensor>> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(specs).map(async ([name, spec]) => [name, await device.allocate(spec)] as const),
      ),
    );
  const parameters = await allocateAll(Object.fromEntries(names.map((name) => [name, specs[name]!])));
  const summed = towerSums(config, tower, trainable);
  const sums = await allocateAll(sumInputs(summed));
  const compiled = new Map<number, Promise<StagedExecutable>>();

  const executable = (b: number): Promise<StagedExecutable> => {
    const inputs = { ...towerGradientInputs(config, tower, b), ...sumInputs(summed), ...(isScaled && scaleInputs) };
    const lateInputs = ['embeddingGradient', ...Object.keys(sums), ...(isScaled ? Object.keys(scaleInputs) : [])];
    const known =
      compiled.get(b) ??
      device.compileStaged(accumulatingGradients(config, tower, trainable, isScaled), inputs, lateInputs, {
        precision,
        cacheKey: { function: 'accumulatingGradients', tower, config, trainable, isScaled },
        source: {
          module: new URL('./accumulating-gradients.js', import.meta.url).href,
          name: 'accumulatingGradients',
          arguments: [config, tower, trainable, isScaled],
        },
      });
    compiled.set(b, known);
    return known;
  };
  const feeds = (samples: HostTensor): Record<string, HostTensor | DeviceTensor> => ({
    ...parameters,
    [sampleNames[tower]]: samples,
  });

  return {
    isTrainable: true,
    stashBytes: async (b) => (await executable(b)).stashBytes,
    parameters: names,
    tensors: parameters,
    async setParameter(name, values) {
      await parameters[name]!.write(values);
    },
    async forward(samples) {
      const { outputs, stash } = await (await executable(samples.shape[0]!)).forward(feeds(samples));
      return { rows: outputs['embedding']!.data as Float32Array, stash };
    },
    async backward(samples, rowGradients, stash) {
      const embeddingGradient = float32(rowGradients, [samples.shape[0]!, config.embed_dim]);
      await (
        await executable(samples.shape[0]!)
      ).backward(
        { ...feeds(samples), ...sums, embeddingGradient, ...(isScaled && scaleFeeds(rowGradients)) },
        stash,
        sums,
      );
    },
    async clearGradients() {
      await Promise.all(Object.values(sums).map((sum) => sum.clear()));
    },
    async readGradient(name, into) {
      await sums[sumName(name)]!.read(into);
    },
    async close() {
      for (const tensor of [...Object.values(parameters), ...Object.values(sums)]) await tensor.dispose();
      for (const one of await Promise.allSettled(compiled.values()))
        if (one.status === 'fulfilled') await one.value.dispose();
    },
  };
}
