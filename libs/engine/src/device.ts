import type { Tensor } from '@tensorflow/tfjs';
import type { HostTensor, Precision, TensorSpec, TypedArray } from './tensor-spec.js';

/** A function of named tfjs tensors: what a user of the engine writes. It must be pure and its shapes static. */
export type TensorFunction = (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;
export type Feeds = Readonly<Record<string, HostTensor | DeviceTensor>>;
export type Specs = Readonly<Record<string, TensorSpec>>;

/** Memory that lives on a device until it is disposed of; it survives between runs and is never copied to be used. */
export interface DeviceTensor extends TensorSpec {
  readonly kind: 'device';
  /** Overwrite all values. `data` in shared memory is read in place: leave it as it is until the promise resolves. */
  write(data: TypedArray): Promise<void>;
  /** Set all values to zero. */
  clear(): Promise<void>;
  /** Copy all values to `into`, which must be shared memory, or else to fresh host memory. */
  read(into?: TypedArray): Promise<TypedArray>;
  dispose(): Promise<void>;
}

/** Tensors that are allocated and let go of together. */
export interface TensorGroup {
  readonly tensors: Readonly<Record<string, DeviceTensor>>;
  /** Let go of all of them. Their memory is kept for the next group that it suits. */
  dispose(): Promise<void>;
}

/** A compiled function. */
export interface Executable {
  readonly inputs: Specs;
  readonly outputs: Specs;
  /**
   * Run once. Every input of `inputs` must be given, from the host or the device; host memory that is shared is read in
   * place: leave it as it is until the promise resolves. An output named in `into` is written there and left out of the
   * result (it may be the very tensor given as an input, when the function only adds to it); every other output comes
   * back in fresh host memory.
   */
  run(inputs: Feeds, into?: Readonly<Record<string, DeviceTensor>>): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** Results of a first part that its second part needs. Bound to the inputs it was made from. */
export type Stash = TensorGroup;

/** A function in two parts. Running the first part again gives the same bits, so a lost stash can be made anew. */
export interface StagedExecutable {
  readonly inputs: Specs;
  /** Bytes of one stash. */
  readonly stashBytes: number;
  /** All outputs that need no late input, and the stash. */
  forward(inputs: Feeds): Promise<{ readonly outputs: Record<string, HostTensor>; readonly stash: Stash }>;
  /** The other outputs; `inputs` are those of `forward` and the late ones. The stash stays as it is. */
  backward(
    inputs: Feeds,
    stash: Stash,
    into?: Readonly<Record<string, DeviceTensor>>,
  ): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** What runs the functions: ONNX Runtime on one of its providers, or tfjs op by op. */
export const deviceKinds = ['cpu', 'webgpu', 'cuda', 'tfjs'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

/** What can be asked for: a device, or the fastest that works. */
export const deviceChoices = ['auto', ...deviceKinds] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/** How a function is compiled. */
export interface CompileOptions {
  /**
   * What matmuls are computed in, float32 if left out; all else always is in float32. A device that has not got
   * it throws UNSUPPORTED_OP with the reason.
   */
  readonly precision?: Precision;
  /**
   * Names the function together with all it was made with, in JSON; input specs, precision, device and build need not
   * be in it. With it the compiled function is kept on disk, where the device has a cache, and other processes need not
   * trace it. Only for functions whose code codeVersion() covers.
   */
  readonly cacheKey?: Readonly<Record<string, unknown>>;
}

/** Where functions run. Calls are carried out one after another, in the order they were made. */
export interface Device {
  readonly kind: DeviceKind;
  /** For people: the kind, what runs underneath and with how many threads. */
  readonly name: string;
  compile(fn: TensorFunction, inputs: Specs, options?: CompileOptions): Promise<Executable>;
  /**
   * Compile a function of which some inputs arrive late into two parts, the first of which can run without them. What
   * the first part must hand to the second stays on the device.
   */
  compileStaged(
    fn: TensorFunction,
    inputs: Specs,
    lateInputs: readonly string[],
    options?: CompileOptions,
  ): Promise<StagedExecutable>;
  /** Memory filled with zeros. */
  allocate(spec: TensorSpec): Promise<DeviceTensor>;
  /** Tensors whose values are undefined until they are written or cleared. */
  allocateGroup(specs: Specs): Promise<TensorGroup>;
  close(): Promise<void>;
}
