import { describe, expect, it } from 'vitest';
import { atOnce } from '#threads/turns.js';
import { jsonLines, parsedJsonLines } from './json-lines.js';

describe('lines of JSON', () => {
  it.each([0, 1, 255, 256, 257, 1000])('are read as they were written: %d of them', (count) => {
    const values = Array.from({ length: count }, (_, step) => ({ step, note: 'Ω\n' }));
    const bytes = atOnce(jsonLines(values));
    expect(new TextDecoder().decode(bytes)).toBe(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    expect(atOnce(parsedJsonLines(bytes))).toEqual(values);
  });

  it('may lack the last line end, and be refused', () => {
    expect(atOnce(parsedJsonLines(Buffer.from('1\n\n2')))).toEqual([1, 2]);
    expect(() => atOnce(parsedJsonLines(Buffer.from('1\n{"a":\n')))).toThrow(SyntaxError);
  });
});
