import type { Tensor } from '@tensorflow/tfjs';
import type { HostTensor, Precision, TensorSpec, TypedArray } from './tensor-spec.js';

/** A function of named tfjs tensors, which a user of the engine writes. It must be pure and its shapes static. */
export type TensorFunction = (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;
export type Feeds = Readonly<Record<string, HostTensor | DeviceTensor>>;
export type Specs = Readonly<Record<string, TensorSpec>>;

/**
 * A tensor that stays on a device between runs, until it is disposed of. A run uses it without a copy, except on CUDA
 * (see openHostMemory).
 */
export interface DeviceTensor extends TensorSpec {
  readonly kind: 'device';
  /** Overwrite all values. `data` in shared memory is read in place: do not change it until the promise resolves. */
  write(data: TypedArray): Promise<void>;
  /** Set all values to zero. */
  clear(): Promise<void>;
  /** Copy all values to `into`, which must be shared memory, or else to fresh host memory. */
  read(into?: TypedArray): Promise<TypedArray>;
  dispose(): Promise<void>;
}

/** Tensors that are allocated and freed together. */
export interface TensorGroup {
  readonly tensors: Readonly<Record<string, DeviceTensor>>;
  /** Free all of them. The device may keep their memory for the next group that it fits. */
  dispose(): Promise<void>;
}

/** A compiled function. */
export interface Executable {
  readonly inputs: Specs;
  readonly outputs: Specs;
  /**
   * Run once. Every input of `inputs` must be given, from the host or the device. Shared host memory is read in place:
   * do not change it until the promise resolves. An output named in `into` is written there and left out of the result.
   * That tensor may also be an input of the run, if the function only adds to it. Every other output comes back in
   * fresh host memory.
   */
  run(inputs: Feeds, into?: Readonly<Record<string, DeviceTensor>>): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** Results of the first part that the second part needs. It is valid only with the inputs it was computed from. */
export type Stash = TensorGroup;

/** A function in two parts. Running the first part again gives the same bits, so a lost stash can be recomputed. */
export interface StagedExecutable {
  readonly inputs: Specs;
  /** Bytes of one stash. */
  readonly stashBytes: number;
  /** Compute all outputs that need no late input, and the stash. */
  forward(inputs: Feeds): Promise<{ readonly outputs: Record<string, HostTensor>; readonly stash: Stash }>;
  /** Compute the other outputs. `inputs` are those of `forward` and the late ones. The stash is not changed. */
  backward(
    inputs: Feeds,
    stash: Stash,
    into?: Readonly<Record<string, DeviceTensor>>,
  ): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** What runs the functions: ONNX Runtime on one of its providers, our kernels, or tfjs, operation by operation. */
export const deviceKinds = ['cpu', 'webgpu', 'cuda', 'opencl', 'tfjs'] as const;
export type DeviceKind = (typeof deviceKinds)[number];

/** What a user can ask for: a kind of device, or `auto`, the fastest that works. */
export const deviceChoices = ['auto', ...deviceKinds] as const;
export type DeviceChoice = (typeof deviceChoices)[number];

/**
 * Where another thread finds a function: what the export `name` of the module at this URL returns when it is called
 * with these arguments, which can be cloned.
 */
export interface FunctionSource {
  readonly module: string;
  readonly name: string;
  readonly arguments: readonly unknown[];
}

/** How a function is compiled. */
export interface CompileOptions {
  /**
   * What matmuls and convolutions are computed in; float32 if left out. Everything else is always computed in float32.
   * A device that lacks the precision throws UNSUPPORTED_OP with the reason.
   */
  readonly precision?: Precision;
  /**
   * Identifies the function and everything it was built from, in JSON. Input specs, precision, device and build need
   * not be in it. A function with a key is kept on disk after compilation, if the device has a cache, so that other
   * processes need not trace it. Give a key only to functions whose code codeVersion() covers.
   */
  readonly cacheKey?: Readonly<Record<string, unknown>>;
  /** If given, a device may trace the function in a thread: tracing a large tower takes a quarter of a second. */
  readonly source?: FunctionSource;
}

/** Where functions run. A device carries out its calls one after another, in the order they were made. */
export interface Device {
  readonly kind: DeviceKind;
  /** For people: the kind, what runs underneath and, on the CPU, with how many threads. */
  readonly name: string;
  compile(fn: TensorFunction, inputs: Specs, options?: CompileOptions): Promise<Executable>;
  /**
   * Compile a function into two parts, the first of which runs without the late inputs. What the second part needs from
   * the first stays on the device.
   */
  compileStaged(
    fn: TensorFunction,
    inputs: Specs,
    lateInputs: readonly string[],
    options?: CompileOptions,
  ): Promise<StagedExecutable>;
  /** Allocate a tensor of zeros. */
  allocate(spec: TensorSpec): Promise<DeviceTensor>;
  /** Allocate tensors whose values are undefined until they are written or cleared. */
  allocateGroup(specs: Specs): Promise<TensorGroup>;
  close(): Promise<void>;
}
