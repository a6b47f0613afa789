import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantisedGroups } from './quantised-groups.js';

describe('quantisedGroups', () => {
  it('is at most half a level of its group off', () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(values, (tensor) => {
        const { values: bytes, scales } = quantisedGroups(Float32Array.from(tensor), 4);
        tensor.forEach((value, i) => {
          const scale = scales[Math.floor(i / 4)]!;
          expect(Math.abs(bytes[i]! * scale - value)).toBeLessThanOrEqual(0.501 * scale + 1e-43);
        });
      }),
    );
  });

  it('gives the largest value of a group the last level, and zeros zeros', () => {
    const { values, scales } = quantisedGroups(Float32Array.of(127, -254, 0, 0, 0.5, 0.25), 2);
    expect([...values]).toEqual([64, -127, 0, 0, 127, 64]);
    expect([...scales]).toEqual([2, 0, Math.fround(0.5 / 127)]);
  });

  it.each([
    [512, 8],
    [588, 12],
    [27, 1],
    [130, 5],
    [257, 1],
  ])('cuts a row of %d into %d equal groups', (width, groups) => {
    expect(quantisedGroups(new Float32Array(2 * width), width).scales).toHaveLength(2 * groups);
  });
});
