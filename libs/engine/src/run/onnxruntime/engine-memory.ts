import { ort } from './onnxruntime.js';
import type { Specs } from '../../device.js';
import type { DataType, TensorSpec, TypedArray } from '../../tensor-spec.js';

/**
 * One run of a program. Each of its outputs either overwrites a tensor of the device (`kept`) or goes to host memory
 * (`fresh`).
 */
export interface EngineRun {
  readonly session: ort.InferenceSession;
  readonly feeds: Readonly<Record<string, ort.Tensor>>;
  readonly kept: Readonly<Record<string, ort.Tensor>>;
  readonly fresh: Readonly<Record<string, ort.Tensor>>;
}

/**
 * Where the engine's tensors live. Methods that overwrite a tensor return the tensor to use from then on, which may be
 * the same or another.
 */
export interface EngineMemory {
  /** Options for a session whose results go to this memory. */
  readonly sessionOptions: ort.InferenceSession.SessionOptions;
  zeros(spec: TensorSpec): Promise<ort.Tensor>;
  /** Allocate tensors with undefined values, which are disposed of together. */
  group(specs: Specs): Promise<Readonly<Record<string, ort.Tensor>>>;
  disposeGroup(tensors: readonly ort.Tensor[]): void;
  write(tensor: ort.Tensor, data: TypedArray): Promise<ort.Tensor>;
  clear(tensor: ort.Tensor): Promise<ort.Tensor>;
  read(tensor: ort.Tensor, into: TypedArray): Promise<void>;
  run(run: EngineRun): Promise<Record<string, ort.Tensor>>;
  dispose(tensor: ort.Tensor): void;
}

/** A tensor of ONNX Runtime that uses `data` as its memory. */
export function hostTensor({ shape, dtype }: TensorSpec, data: TypedArray): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}

export function specOf({ dims, type }: ort.Tensor): TensorSpec {
  return { shape: dims, dtype: type as DataType };
}
