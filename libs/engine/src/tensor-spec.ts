/**
 * Element types that the engine computes with. A `bool` is one byte, 0 or 1. Users write functions in float32, int32
 * and bool; the other two occur only inside programs that are compiled for a lower precision (see lowerPrecision).
 */
export type DataType = 'float32' | 'int32' | 'bool' | 'float16' | 'bfloat16';

/** What matmuls and convolutions are computed in. */
export const precisions = ['float32', 'float16', 'bfloat16'] as const;
export type Precision = (typeof precisions)[number];

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

/** Values of float16 and bfloat16 are held as their bits, in a Uint16Array. */
export type TypedArray = Float32Array | Int32Array | Uint8Array | Uint16Array;

/** Whether the values lie in memory that threads share. ONNX Runtime and tfjs accept no tensor in such memory. */
export function isShared({ buffer }: TypedArray): boolean {
  return buffer instanceof SharedArrayBuffer;
}

/** Values in host memory, row-major. */
export interface HostTensor extends TensorSpec {
  readonly data: TypedArray;
}

export const bytesPerValue: Readonly<Record<DataType, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  float16: 2,
  bfloat16: 2,
};

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

export function bytesOf(spec: TensorSpec): number {
  return sizeOf(spec.shape) * bytesPerValue[spec.dtype];
}

export function allocate(spec: TensorSpec): TypedArray {
  return viewOf(spec, new ArrayBuffer(bytesOf(spec)), 0);
}

/** A view of the tensor that starts at byte `offset` of `buffer`. */
export function viewOf(spec: TensorSpec, buffer: ArrayBuffer, offset: number): TypedArray {
  const size = sizeOf(spec.shape);
  switch (spec.dtype) {
    case 'float32':
      return new Float32Array(buffer, offset, size);
    case 'int32':
      return new Int32Array(buffer, offset, size);
    case 'bool':
      return new Uint8Array(buffer, offset, size);
    case 'float16':
    case 'bfloat16':
      return new Uint16Array(buffer, offset, size);
  }
}

/** The element type as tfjs names it. Throws an internal error for a type that tfjs lacks. */
export function tfjsType(dtype: DataType): 'float32' | 'int32' | 'bool' {
  if (dtype === 'float16' || dtype === 'bfloat16')
    throw new Error(`internal: ${dtype} values cannot be tensors of tfjs`);
  return dtype;
}

export function float32(data: Float32Array, shape: readonly number[]): HostTensor {
  return { dtype: 'float32', shape, data };
}

export function int32(data: Int32Array, shape: readonly number[]): HostTensor {
  return { dtype: 'int32', shape, data };
}

/** A spec as programs and errors show it, such as `float32[2,3]`. */
export function printSpec(spec: TensorSpec): string {
  return `${spec.dtype}[${spec.shape.join(',')}]`;
}
