import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import type { Device, DeviceTensor, Specs, StagedExecutable, Stash, TensorFunction } from '#engine/device.js';
import { float32, type HostTensor, type Precision } from '#engine/tensor-spec.js';
import { scaledGradients, scaleFeeds, scaleInputs } from '#model/gradient-scale.js';
import { gradientName, towerGradientInputs, towerGradients, towerParameters, type Tower as TowerName } from '#model/tower-step.js';
import type { ClipConfig } from '#protocol/run-config.js';

/**
 * One encoder on a device: its parameters, and the sum of the gradients of the shard in work. Both stay on the device
 * from micro-batch to micro-batch; each size of micro-batch is compiled once.
 */
export interface Tower {
  /** Does it have gradients? Else backprop has nothing to do with it. */
  readonly isTrained: boolean;
  /** Bytes one micro-batch of b pairs keeps between forward and backward. */
  stashBytes(b: number): Promise<number>;
  /** Names of its parameters. */
  readonly parameters: readonly string[];
  setParameter(name: string, values: Float32Array): Promise<void>;
  /** Rows of unit length [b, d], and what backward needs of the way there. */
  forward(samples: HostTensor): Promise<{ readonly rows: Float32Array; readonly stash: Stash }>;
  /** Adds ∂⟨rows, rowGradients⟩/∂θ, a sum over the micro-batch's rows, to the gradients. */
  backward(samples: HostTensor, rowGradients: Float32Array, stash: Stash): Promise<void>;
  clearGradients(): Promise<void>;
  /** Copy a parameter's sum since they were cleared into shared memory. */
  readGradient(name: string, into: Float32Array): Promise<void>;
  /** Let go of all it holds on the device. */
  close(): Promise<void>;
}

/** The name of what a tower takes besides parameters. */
export const sampleNames = { image: 'images', text: 'tokens' } as const satisfies Record<TowerName, string>;

export interface TowerOptions {
  /** Of the tower's matrix products. */
  readonly precision?: Precision;
  /** The parameters that get a gradient; all if left out, at least one. */
  readonly trained?: readonly string[];
}

/** Throws UNSUPPORTED_OP on a device that has not got the precision. */
export async function openTower(device: Device, config: ClipConfig, tower: TowerName, { precision = 'float32', trained = towerParameters(config, tower) }: TowerOptions = {}): Promise<Tower> {
  const names = towerParameters(config, tower);
  const isScaled = precision === 'float16'; // the other types hold what float32 holds, however small
  const specs = towerGradientInputs(config, tower, 1);
  const allocateAll = async (names: readonly string[]): Promise<Record<string, DeviceTensor>> =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await device.allocate(specs[name]!)] as const)));
  const parameters = await allocateAll(names);
  const sums = renamed(await allocateAll(trained), sumName);
  const compiled = new Map<number, Promise<StagedExecutable>>();

  const executable = (b: number): Promise<StagedExecutable> => {
    const inputs = { ...accumulatingInputs(config, tower, trained, b), ...(isScaled && scaleInputs) };
    const lateInputs = ['embeddingGradient', ...trained.map(sumName), ...(isScaled ? Object.keys(scaleInputs) : [])];
    const known = compiled.get(b) ?? device.compileStaged(accumulatingGradients(config, tower, trained, isScaled), inputs, lateInputs, { precision, cacheKey: { function: 'accumulatingGradients', tower, config, trained, isScaled } });
    compiled.set(b, known);
    return known;
  };
  const feeds = (samples: HostTensor): Record<string, HostTensor | DeviceTensor> => ({ ...parameters, [sampleNames[tower]]: samples });

  return {
    isTrained: true,
    stashBytes: async (b) => (await executable(b)).stashBytes,
    parameters: names,
    async setParameter(name, values) {
      await parameters[name]!.write(values);
    },
    async forward(samples) {
      const { outputs, stash } = await (await executable(samples.shape[0]!)).forward(feeds(samples));
      return { rows: outputs['embedding']!.data as Float32Array, stash };
    },
    async backward(samples, rowGradients, stash) {
      const embeddingGradient = float32(rowGradients, [samples.shape[0]!, config.embed_dim]);
      await (await executable(samples.shape[0]!)).backward({ ...feeds(samples), ...sums, embeddingGradient, ...(isScaled && scaleFeeds(rowGradients)) }, stash, sums);
    },
    async clearGradients() {
      await Promise.all(Object.values(sums).map((sum) => sum.clear()));
    },
    async readGradient(name, into) {
      await sums[sumName(name)]!.read(into);
    },
    async close() {
      for (const tensor of [...Object.values(parameters), ...Object.values(sums)]) await tensor.dispose();
      for (const one of await Promise.allSettled(compiled.values())) if (one.status === 'fulfilled') await one.value.dispose();
    },
  };
}

/** The tower's gradients, each added to a sum that comes in: micro-batches add up inside the program, in their order. */
function accumulatingGradients(config: ClipConfig, tower: TowerName, trained: readonly string[], isScaled: boolean): TensorFunction {
  const plain = towerGradients(config, tower, trained);
  const gradients = isScaled ? scaledGradients(plain) : plain;
  return (inputs) => {
    const outputs = gradients(inputs);
    const accumulate = (name: string): Tensor => tf.tidy('gradient-sums', () => tf.add(inputs[sumName(name)]!, outputs[gradientName(name)]!));
    const sums = trained.map((name): [string, Tensor] => [sumName(name), accumulate(name)]);
    return { embedding: outputs['embedding']!, ...Object.fromEntries(sums) };
  };
}

function accumulatingInputs(config: ClipConfig, tower: TowerName, trained: readonly string[], b: number): Specs {
  const specs = towerGradientInputs(config, tower, b);
  return { ...specs, ...Object.fromEntries(trained.map((name) => [sumName(name), specs[name]!])) };
}

function sumName(parameter: string): string {
  return `sum/${parameter}`;
}

function renamed<T>(record: Readonly<Record<string, T>>, rename: (name: string) => string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]));
}
