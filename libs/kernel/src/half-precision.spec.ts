import { describe, expect, it } from 'vitest';
import { narrowBfloat16, narrowBfloat16Into, narrowFloat16, widenBfloat16, widenFloat16 } from './half-precision.js';

const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const isNaNHalf = (bits: number): boolean => (bits & 0x7fff) > 0x7c00;

/** The value of a float16, from the definition of its bits. */
function meaning(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

describe('float16', () => {
  it('widens each of its values to the number it stands for', () => {
    widenFloat16(all).forEach((value, bits) => expect(Object.is(value, meaning(bits))).toBe(true));
  });

  it('returns every value to its bits when it is widened and narrowed; NaNs stay NaNs', () => {
    narrowFloat16(widenFloat16(all)).forEach((got, bits) =>
      expect(isNaNHalf(bits) ? isNaNHalf(got) : got === bits).toBe(true),
    );
  });

  it('rounds to nearest, ties to even, between any two neighbouring values', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [meaning(bits), meaning(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      expect([
        ...narrowFloat16(Float32Array.of(middle, -middle, low + (middle - low) * 0.99, high - (high - middle) * 0.99)),
      ]).toEqual([even, even | 0x8000, bits, bits + 1]);
    }
    expect([...narrowFloat16(Float32Array.of(65_519, 65_520, -1e30, Infinity))]).toEqual([
      0x7bff, 0x7c00, 0xfc00, 0x7c00,
    ]);
  });
});

describe('bfloat16', () => {
  it('is the upper half of float32: every value keeps its bits when it is widened and narrowed', () => {
    narrowBfloat16(widenBfloat16(all)).forEach((got, bits) =>
      expect((bits & 0x7fff) > 0x7f80 ? (got & 0x7fff) > 0x7f80 : got === bits).toBe(true),
    );
    expect([...widenBfloat16(Uint16Array.of(0x3f80, 0xc000, 0x8000))]).toEqual([1, -2, -0]);
  });

  it('rounds to nearest, ties to even', () => {
    const of = (...bits: number[]): number[] => [...narrowBfloat16(new Float32Array(Uint32Array.from(bits).buffer))];
    expect(of(0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0x7f7fffff, 0x7f800001)).toEqual([
      0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x7f80, 0x7fc0,
    ]);
  });

  it('rounds numbers as everybody does', () => {
    const rounded = (value: number): number => widenBfloat16(narrowBfloat16(Float32Array.of(value)))[0]!;
    // 8 binary digits: 2^-8 is half the distance of neighbours between 1 and 2.
    expect([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20].map(rounded)).toEqual([1, 1 + 2 ** -6, 1 + 2 ** -7]);
    expect([Math.PI, -Math.E, 0.1, 257, 259].map(rounded)).toEqual([3.140625, -2.71875, 0.10009765625, 256, 260]);
    expect([2 ** -133, 2 ** -134, 3 * 2 ** -134, -0].map(rounded)).toEqual([2 ** -133, 0, 2 ** -132, -0]);
    expect([Infinity, -Infinity, 3.4e38].map(rounded)).toEqual([Infinity, -Infinity, Infinity]);
    expect(rounded(NaN)).toBeNaN();
  });

  it('narrows in place', () => {
    const values = Float32Array.from({ length: 9 }, (_, i) => Math.sin(i) * 10 ** (i - 4));
    const expected = narrowBfloat16(values);
    const bits = new Uint16Array(values.buffer, 0, values.length);
    narrowBfloat16Into(bits, values);
    expect(bits).toEqual(expected);
  });
});
