import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantisedRows } from './quantised-rows.js';

describe('quantisedRows', () => {
  it('is at most half a level of its row off, and the largest value has the last level', () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(values, (tensor) => {
        const { values: bytes, scales } = quantisedRows(Float32Array.from(tensor), 3);
        tensor.forEach((value, i) => {
          const scale = scales[Math.floor(i / 4)]!;
          expect(Math.abs(bytes[i]! * scale - value)).toBeLessThanOrEqual(0.501 * scale + 1e-43);
        });
      }),
    );
  });

  it('gives each row a scale, and a row of zeros zeros', () => {
    const { values, scales } = quantisedRows(Float32Array.of(127, -254, 0, 0, 0.5, 0.25), 3);
    expect([...values]).toEqual([64, -127, 0, 0, 127, 64]);
    expect([...scales]).toEqual([2, 0, Math.fround(0.5 / 127)]);
  });
});
