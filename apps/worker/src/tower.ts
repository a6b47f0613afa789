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
const sampleNames = { image: 'images', text: 'tokens' } as const satisfies Record<TowerName, string>;

/** `precision` is that of the tower's matrix products. Throws UNSUPPORTED_OP on a device that has not got it. */
export async function openTower(device: Device, config: ClipConfig, tower: TowerName, precision: Precision = 'float32'): Promise<Tower> {
  const names = towerParameters(config, tower);
  const isScaled = precision === 'float16'; // the other types hold what float32 holds, however small
  const specs = towerGradientInputs(config, tower, 1);
  const allocateAll = async (): Promise<Record<string, DeviceTensor>> =>
    Object.fromEntries(await Promise.all(names.map(async (name) => [name, await device.allocate(specs[name]!)] as const)));
  const parameters = await allocateAll();
  const sums = renamed(await allocateAll(), sumName);
  const compiled = new Map<number, Promise<StagedExecutable>>();

  const executable = (b: number): Promise<StagedExecutable> => {
    const inputs = { ...accumulatingInputs(config, tower, b), ...(isScaled && scaleInputs) };
    const lateInputs = ['embeddingGradient', ...names.map(sumName), ...(isScaled ? Object.keys(scaleInputs) : [])];
    const known = compiled.get(b) ?? device.compileStaged(accumulatingGradients(config, tower, isScaled), inputs, lateInputs, { precision, cacheKey: { function: 'accumulatingGradients', tower, config, isScaled } });
    compiled.set(b, known);
    return known;
  };
  const feeds = (samples: HostTensor): Record<string, HostTensor | DeviceTensor> => ({ ...parameters, [sampleNames[tower]]: samples });

  return {
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
function accumulatingGradients(config: ClipConfig, tower: TowerName, isScaled: boolean): TensorFunction {
  const gradients = isScaled ? scaledGradients(towerGradients(config, tower)) : towerGradients(config, tower);
  return (inputs) => {
    const outputs = gradients(inputs);
    const accumulate = (name: string): Tensor => tf.tidy('gradient-sums', () => tf.add(inputs[sumName(name)]!, outputs[gradientName(name)]!));
    const sums = towerParameters(config, tower).map((name): [string, Tensor] => [sumName(name), accumulate(name)]);
    return { embedding: outputs['embedding']!, ...Object.fromEntries(sums) };
  };
}

function accumulatingInputs(config: ClipConfig, tower: TowerName, b: number): Specs {
  const specs = towerGradientInputs(config, tower, b);
  return { ...specs, ...Object.fromEntries(towerParameters(config, tower).map((name) => [sumName(name), specs[name]!])) };
}

function sumName(parameter: string): string {
  return `sum/${parameter}`;
}

function renamed<T>(record: Readonly<Record<string, T>>, rename: (name: string) => string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [rename(name), value]));
}
