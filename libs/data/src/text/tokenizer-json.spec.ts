// Goal: the parts give what parseJson gives, whatever the merges are, and its errors. Method: documents of many parts,
// with quotes, backslashes and commas in the merges; the same documents damaged and laid out otherwise.
import { describe, expect, it } from 'vitest';
import { parseJson } from '#protocol/input/json-text.js';
import { atOnce } from '#threads/turns.js';
import { parseTokenizerJson } from './tokenizer-json.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const awkward = ['", "', '\\ "', '\\\\ ",', ', "', '","', '"," ,', '] }', 'é 漢', 'a b'];
const merges = Array.from({ length: 40_000 }, (_, at) => `${awkward[at % awkward.length]} ${at}`);
const document = { format: 'tandem-bpe', version: 2, vocabulary: 90_000, merges };

function taken(source: Uint8Array): { readonly value: unknown; readonly parts: number } {
  const work = parseTokenizerJson(source);
  for (let parts = 0; ; parts++) {
    const step = work.next();
    if (step.done) return { value: step.value, parts };
  }
}

describe('parseTokenizerJson', () => {
  it('gives what parseJson gives, in parts', () => {
    const { value, parts } = taken(bytes(JSON.stringify(document)));
    expect(value).toEqual(document);
    expect(parts).toBeGreaterThan(5);
    expect(taken(bytes(JSON.stringify({ ...document, merges: [] }))).value).toEqual({ ...document, merges: [] });
  });

  it('takes a document that is laid out otherwise', () => {
    for (const text of [
      JSON.stringify(document, undefined, 1),
      JSON.stringify({ merges: ['a b'], format: 'tandem-bpe' }),
      JSON.stringify({ merges: ['a b'], others: ['c'] }),
      JSON.stringify({ merges: [',', ','] }),
      JSON.stringify({ merges: merges.map((merge, at) => (at === 30_000 ? ',' : merge)), more: { merges: [] } }),
      '[1]',
    ])
      expect(atOnce(parseTokenizerJson(bytes(text)))).toEqual(JSON.parse(text));
  });

  it('says where a damaged document is damaged, as parseJson does', () => {
    const whole = JSON.stringify(document);
    for (const text of ['', whole.slice(0, -1), whole.replace('漢', '漢"'), `${whole.slice(0, 90_000)}]}`]) {
      const error = (parse: () => unknown): unknown => {
        try {
          return parse();
        } catch (thrown) {
          return thrown;
        }
      };
      const expected = error(() => parseJson(text));
      expect(expected).toBeInstanceOf(SyntaxError);
      expect(error(() => atOnce(parseTokenizerJson(bytes(text))))).toEqual(expected);
    }
  });
});
