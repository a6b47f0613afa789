import { describe, expect, it } from 'vitest';
import { atOnce } from '#threads/turns.js';
import { copying } from './shared-copy.js';

describe('a copy in pieces', () => {
  it.each([0, 1, 2 ** 19, 2 ** 19 + 1, 3 * 2 ** 19 - 1])('of %d values is complete', (length) => {
    const from = Float32Array.from({ length }, (_, i) => Math.sin(i));
    const into: Float32Array = new Float32Array(new SharedArrayBuffer((length + 1) * 4)).fill(7);
    atOnce(copying(into, from));
    expect(Buffer.from(from.buffer).equals(Buffer.from(new Uint8Array(into.buffer, 0, length * 4)))).toBe(true);
    expect(into.at(-1)).toBe(7);
  });
});
