import { ort } from './onnxruntime.js';
import type { Specs } from '../../device.js';
import type { DataType, TensorSpec, TypedArray } from '../../tensor-spec.js';

/**
 * A run of one program: its inputs, and for each output either the tensor it overwrites or the host memory it goes to.
 */
export interface EngineRun {
  readonly session: ort.InferenceSession;
  readonly feeds: Readonly<Record<string, ort.Tensor>>;
  readonly kept: Readonly<Record<string, ort.Tensor>>;
  readonly fresh: Readonly<Record<string, ort.Tensor>>;
}

/**
 * Where the engine's tensors live. What overwrites a tensor gives the tensor to use from then on, be it the same or
 * another.
 */
export interface EngineMemory {
  /** Of a session whose results end here. */
  readonly sessionOptions: ort.InferenceSession.SessionOptions;
  zeros(spec: TensorSpec): Promise<ort.Tensor>;
  /** Tensors of any values that are disposed of together. */
  group(specs: Specs): Promise<Readonly<Record<string, ort.Tensor>>>;
  disposeGroup(tensors: readonly ort.Tensor[]): void;
  write(tensor: ort.Tensor, data: TypedArray): Promise<ort.Tensor>;
  clear(tensor: ort.Tensor): Promise<ort.Tensor>;
  read(tensor: ort.Tensor, into: TypedArray): Promise<void>;
  run(run: EngineRun): Promise<Record<string, ort.Tensor>>;
  dispose(tensor: ort.Tensor): void;
}

/** A tensor of ONNX Runtime over host memory. */
export function hostTensor({ shape, dtype }: TensorSpec, data: TypedArray): ort.Tensor {
  return new ort.Tensor(dtype as 'float32', data as Float32Array, shape);
}

export function specOf({ dims, type }: ort.Tensor): TensorSpec {
  return { shape: dims, dtype: type as DataType };
}
