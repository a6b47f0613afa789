import type { Tensor } from '@tensorflow/tfjs';
import type { HostTensor, TensorSpec, TypedArray } from './tensor-spec.js';

/** A function of named tfjs tensors: what a user of the engine writes. It must be pure and its shapes static. */
export type TensorFunction = (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;
export type Specs = Readonly<Record<string, TensorSpec>>;

/** Memory that lives on a device until it is disposed of; it survives between runs and is never copied to be used. */
export interface DeviceTensor extends TensorSpec {
  readonly kind: 'device';
  /** Overwrite all values. `data` may be used again by the caller afterwards. */
  write(data: TypedArray): Promise<void>;
  /** Copy all values to fresh host memory. */
  read(): Promise<TypedArray>;
  dispose(): Promise<void>;
}

/** A compiled function. */
export interface Executable {
  readonly inputs: Specs;
  readonly outputs: Specs;
  /**
   * Run once. Every input of `inputs` must be given, from the host or the device. An output named in `into` is written
   * there and left out of the result (it may be the very tensor given as an input, when the function only adds to it);
   * every other output comes back in fresh host memory.
   */
  run(
    inputs: Readonly<Record<string, HostTensor | DeviceTensor>>,
    into?: Readonly<Record<string, DeviceTensor>>,
  ): Promise<Record<string, HostTensor>>;
  dispose(): Promise<void>;
}

/** Where functions run. Calls are carried out one after another, in the order they were made. */
export interface Device {
  readonly name: string;
  compile(fn: TensorFunction, inputs: Specs): Promise<Executable>;
  /** Memory filled with zeros. */
  allocate(spec: TensorSpec): Promise<DeviceTensor>;
  close(): Promise<void>;
}
