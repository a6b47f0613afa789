/** Element types the engine computes with. `bool` is one byte a value, 0 or 1. */
export type DataType = 'float32' | 'int32' | 'bool';

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** Values in host memory, row-major. */
export interface HostTensor extends TensorSpec {
  readonly data: TypedArray;
}

export const bytesPerValue: Readonly<Record<DataType, number>> = { float32: 4, int32: 4, bool: 1 };

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function bytesOf(spec: TensorSpec): number {
  return sizeOf(spec.shape) * bytesPerValue[spec.dtype];
}

export function allocate(spec: TensorSpec): TypedArray {
  const size = sizeOf(spec.shape);
  switch (spec.dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'bool':
      return new Uint8Array(size);
  }
}

export function float32(data: Float32Array, shape: readonly number[]): HostTensor {
  return { dtype: 'float32', shape, data };
}

export function int32(data: Int32Array, shape: readonly number[]): HostTensor {
  return { dtype: 'int32', shape, data };
}

/** `float32[2,3]`: how a spec is written in programs and errors. */
export function printSpec(spec: TensorSpec): string {
  return `${spec.dtype}[${spec.shape.join(',')}]`;
}
