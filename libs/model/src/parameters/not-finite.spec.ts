import { describe, expect, it } from 'vitest';
import { atOnce } from '#threads/turns.js';
import { notFinite } from './not-finite.js';

describe('notFinite', () => {
  it.each([
    [NaN, 0],
    [Infinity, 2 ** 18 - 1],
    [-Infinity, 2 ** 18],
    [NaN, 3 * 2 ** 18],
  ])('finds %d at %d', (bad, at) => {
    const values = new Float32Array(3 * 2 ** 18 + 1);
    expect(atOnce(notFinite(values))).toBeUndefined();
    values[at] = bad;
    expect(atOnce(notFinite(values))).toBe(bad);
  });
});
