import { widenBfloat16, widenFloat16 } from '#engine/half-precision.js';
import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** How values of the types we read lie in a file, little-endian. */
export const floatBytes = { F32: 4, F16: 2, BF16: 2 } as const;
export type FloatType = keyof typeof floatBytes;

/** The type, if it is one whose values are read. Throws DATA_INVALID naming the tensor. */
export function floatType(dtype: string, tensor: string, url: string): FloatType {
  if (dtype in floatBytes) return dtype as FloatType;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Weights: ${shownName(tensor)} in ${url} is ${dtype}; parameters are read from ` +
      `${Object.keys(floatBytes).join(', ')}.`,
    help: 'Store the weights as float32, float16 or bfloat16.',
  });
}

/** Values of a tensor from its bytes, which must start on a multiple of their size: views where the type is ours. */
export function floatValues(dtype: FloatType, bytes: Uint8Array): Float32Array {
  const length = bytes.byteLength / floatBytes[dtype];
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer, bytes.byteOffset, length);
    case 'F16':
      return widenFloat16(new Uint16Array(bytes.buffer, bytes.byteOffset, length));
    case 'BF16':
      return widenBfloat16(new Uint16Array(bytes.buffer, bytes.byteOffset, length));
  }
}
