import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentDepthMax } from './input-limits.js';
import { parseJson } from './json-text.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('parseJson', () => {
  it('accepts what JSON.parse accepts, as text and as bytes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value, undefined, 1);
        expect(parseJson(text)).toEqual(JSON.parse(text));
        expect(parseJson(bytes(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['', 'it ends too early, at line 1, column 1'],
    ['root:x:0:0:root', 'an unexpected character at line 1, column 1'],
    ['{"a": 1,\n "b": secret}', 'an unexpected character at line 2, column 7'],
    ['{"a": 1,}', 'an unexpected character at line 1, column 9'],
    ['{"a" 1}', 'an unexpected character at line 1, column 6'],
    ['[1, 2', 'it ends too early, at line 1, column 6'],
    ['[1 2]', 'an unexpected character at line 1, column 4'],
    ['[01]', 'an unexpected character at line 1, column 3'],
    ['"no end', 'it ends too early, at line 1, column 8'],
    ['"a \\x"', 'an unexpected character at line 1, column 4'],
    ['"two\nlines"', 'an unexpected character at line 1, column 5'],
    ['{} {}', 'an unexpected character at line 1, column 4'],
    ['[{"a": []}, }', 'an unexpected character at line 1, column 13'],
    ['nul', 'an unexpected character at line 1, column 1'],
  ])('says where %j stops being valid JSON', (text, where) => {
    expect(() => parseJson(text)).toThrow(new SyntaxError(`not valid JSON: ${where}`));
  });

  it('finds the position in any text that JSON.parse refuses, and quotes none of the text', () => {
    const torn = fc.tuple(
      fc.jsonValue({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom('', 'secret', '"', ',', ']', '}', ':', '\\', '0', '\u0001'),
    );
    fc.assert(
      fc.property(torn, ([value, place, put]) => {
        const whole = JSON.stringify(value);
        const at = place % (whole.length + 1);
        const text = whole.slice(0, at) + put + whole.slice(at + 1);
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (isJson) expect(parseJson(text)).toEqual(JSON.parse(text));
        else
          expect(() => parseJson(text)).toThrow(
            /^not valid JSON: (it ends too early,|an unexpected character) at line 1, column \d+$/,
          );
      }),
      { numRuns: 500 },
    );
  });

  it('keeps no cause that quotes the text', () => {
    for (const text of ['root:x:0:0', '{"password": hunter2}', '\x1f\x8b\x08']) {
      try {
        parseJson(text);
        expect.unreachable();
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(SyntaxError);
        expect((thrown as Error).cause).toBeUndefined();
        expect((thrown as Error).message).not.toMatch(/root|hunter2|\x1f/);
      }
    }
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow('not valid JSON: its bytes are not valid UTF-8');
  });

  it('refuses deep nesting before parsing, and does not count brackets in strings', () => {
    const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(() => parseJson(nested(documentDepthMax))).not.toThrow();
    expect(() => parseJson(nested(documentDepthMax + 1))).toThrow(
      `more than ${documentDepthMax} maps and lists inside one another at line 1, column ${documentDepthMax + 1}`,
    );
    expect(() => parseJson('['.repeat(10_000_000))).toThrow('inside one another');
    expect(parseJson(JSON.stringify(`\\"${'['.repeat(100)}`))).toBe(`\\"${'['.repeat(100)}`);
  });

  it('finds the position after a long string and after many lines', () => {
    const text = `{\n"a": "${'x'.repeat(2_000_000)}",\n${'\n'.repeat(100_000)}oops}`;
    expect(() => parseJson(text)).toThrow('an unexpected character at line 100003, column 1');
  });
});
