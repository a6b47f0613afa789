/*
 * Conversions of float16 and bfloat16, held as their bits, from and to float32. Widening is exact and keeps the bits of
 * NaNs. Narrowing rounds to nearest, ties to even. Source: IEEE 754-2019 §3.6, §4.3.1; a bfloat16 is the upper half of
 * a float32.
 */

export function widenBfloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  widenBfloat16Into(values, bits);
  return values;
}

/** Like `widenBfloat16`, into memory that is there already, of the same length. */
export function widenBfloat16Into(values: Float32Array, bits: Uint16Array): void {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
}

export function widenFloat16(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = widened(bits[i]!);
  return new Float32Array(wide.buffer);
}

/** Values that are nearer to 2^128 than to the largest bfloat16 become infinite. */
export function narrowBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint16Array(values.length);
  narrowBfloat16Into(bits, values);
  return bits;
}

/** Like `narrowBfloat16`, into memory that is there already: also into the start of the values' own. */
export function narrowBfloat16Into(bits: Uint16Array, values: Float32Array): void {
  const wide = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < wide.length; i++) {
    const value = wide[i]!;
    const isNaN = (value & 0x7fffffff) > 0x7f800000;
    // A NaN stays a NaN, whatever is cut off.
    bits[i] = isNaN ? (value >>> 16) | 0x0040 : (value + 0x7fff + ((value >>> 16) & 1)) >>> 16;
  }
}

/** Values beyond the range of float16 become infinite. */
export function narrowFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, narrowed);
}

/** Largest finite float16. */
export const float16Max = 65_504;

function widened(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // A subnormal number, fraction · 2^-24, which is a normal number in float32.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function narrowed(wide: number): number {
  const sign = (wide >>> 16) & 0x8000;
  const size = wide & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00 | ((size >>> 13) & 0x3ff);
  if (size >= 0x477ff000) return sign | 0x7c00; // rounds to 65,520 or more
  if (size >= 0x38800000) return sign | roundedShift(size - 0x38000000, 13);
  if (size < 0x33000000) return sign; // less than half of 2^-24
  return sign | roundedShift((size & 0x7fffff) | 0x800000, 126 - (size >>> 23));
}

/** value / 2^bits, rounded to the nearest whole number, ties to even. */
function roundedShift(value: number, bits: number): number {
  const cut = value >>> bits;
  const rest = value & ((1 << bits) - 1);
  const half = 1 << (bits - 1);
  return rest > half || (rest === half && (cut & 1) === 1) ? cut + 1 : cut;
}
