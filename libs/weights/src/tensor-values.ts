import { widenBfloat16, widenFloat16 } from '#kernel/half-precision.js';
import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { inTurns, type Pausable } from '#threads/turns.js';

/** The types we read and the bytes per value. Values in a file are little-endian. */
export const floatBytes = { F32: 4, F16: 2, BF16: 2 } as const;
export type FloatType = keyof typeof floatBytes;

/** Returns the type if we can read its values. Throws DATA_INVALID naming the tensor otherwise. */
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

/**
 * Converts the bytes of a tensor to float32. The bytes must be aligned to the size of a value. For float32 the result
 * is a view, for the other types a copy.
 */
export async function floatValues(dtype: FloatType, bytes: Uint8Array): Promise<Float32Array> {
  const length = bytes.byteLength / floatBytes[dtype];
  switch (dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer, bytes.byteOffset, length);
    case 'F16':
      return inTurns(widened(new Uint16Array(bytes.buffer, bytes.byteOffset, length), widenFloat16));
    case 'BF16':
      return inTurns(widened(new Uint16Array(bytes.buffer, bytes.byteOffset, length), widenBfloat16));
  }
}

function* widened(bits: Uint16Array, widen: (bits: Uint16Array) => Float32Array): Pausable<Float32Array> {
  const values = new Float32Array(bits.length);
  for (let at = 0; at < bits.length; at += valuesBetweenPauses) {
    values.set(widen(bits.subarray(at, at + valuesBetweenPauses)), at);
    yield;
  }
  return values;
}

/** Takes about a millisecond. */
const valuesBetweenPauses = 2 ** 18;
