import { describe, expect, it } from 'vitest';
import { atOnce } from '#threads/turns.js';
import { canonicalJson, sha256 } from '../dataset/canonical-json.js';
import { documentJson } from './tokenizer-document.js';
import { clipTokenizer, openTokenizer, readTokenizer, tokenizerFromDocument } from './tokenizer.js';

// Goal: exactly the ids of CLIP's tokenizer. Method: ids published with openai/CLIP and transformers.js.
const rows: readonly (readonly [string, readonly number[]])[] = [
  ['Hello World!', [3306, 1002, 256]],
  ['How are you doing?', [829, 631, 592, 1960, 286]],
  ["You should've done this", [592, 1535, 1200, 1700, 589]],
  ['The company was founded in 2016.', [518, 2634, 739, 12240, 530, 273, 271, 272, 277, 269]],
  ["A\n'll !!to?'d''d of, can't.", [320, 1342, 748, 531, 13610, 323, 8445, 323, 539, 267, 753, 713, 269]],
  ['UNwantéd,running', [569, 18356, 3459, 323, 267, 2761]],
  ['生活的真谛是', [33375, 162, 112, 119, 163, 248, 226, 41570, 164, 108, 249, 42891, 363]],
  [
    'I bought an apple for $1.00 at the store.',
    [328, 4142, 550, 3055, 556, 259, 272, 269, 271, 271, 536, 518, 2183, 269],
  ],
  ['you…  ', [592, 959]],
  ['trailing space  ', [37427, 2138]],
  ['0 1 2 3 4 5 6 7 8 9', [271, 272, 273, 274, 275, 276, 277, 278, 279, 280]],
  ['0123456789', [271, 272, 273, 274, 275, 276, 277, 278, 279, 280]],
  ['Hi  Hello', [1883, 3306]],
  ['a photo of a cat', [320, 1125, 539, 320, 2368]],
  ['a photo of a dog', [320, 1125, 539, 320, 1929]],
  ['A photo of a plane.', [320, 1125, 539, 320, 5363, 269]],
  ['A photo of a car.', [320, 1125, 539, 320, 1615, 269]],
  ['A photo of a bird.', [320, 1125, 539, 320, 3329, 269]],
  ['a diagram', [320, 22697]],
  ['a dog', [320, 1929]],
  ['a cat', [320, 2368]],
  ['This is a photo of a cat.', [589, 533, 320, 1125, 539, 320, 2368, 269]],
  ['golden retriever', [3878, 28394]],
  ['supercalifragilisticexpialidocious', [1642, 2857, 13093, 2076, 5868, 26850, 835, 639, 38466]],
  ['&lt;b&gt; 1 &amp; 2', [283, 321, 285, 272, 261, 273]],
  ['&amp;lt;b&amp;gt; 1 &amp;amp; 2', [283, 321, 285, 272, 261, 273]],
  ['생활', [47858, 31882, 506]],
  // Computed with ftfy and then Hugging Face's tokenizers, as CLIP does.
  ['&amp;amp;lt; 1', [283, 272]],
  ['ＬＯＵＤ　ＮＯＩＳＥＳ', [7464, 31575]],
  ['schÃ¶n â€œquoted\u2019s\u201d', [844, 7255, 333, 257, 27706, 568, 257]],
  ['cafe\u0301 ﬂuﬃer \x1b[31mred\x1b[0m\u0085', [15304, 3698, 69, 10598, 736, 959]],
  ['\ufeffP&eacute;rez \x07bell\u2028\u200bend', [43167, 15192, 3718, 9844, 806]],
  ['&Atilde;&copy;tÃ©', [3459, 39694]],
  ['ŉ ﬅ ǅ', [262, 333, 129, 123, 339, 67, 129, 378]],
  ['ΟΔΟΣ', [138, 123, 138, 112, 138, 123, 139, 480]],
  ['', []],
];

describe("CLIP's tokenizer", () => {
  const tokenizer = clipTokenizer();

  it.each(rows)('encodes %j as CLIP does', (caption, ids) => {
    expect(tokenizer.encode(caption)).toEqual(ids);
    const tokens = tokenizer.tokens(caption, 77, 'error');
    expect(tokens).toEqual(Int32Array.from({ length: 77 }, (_, i) => [49406, ...ids, 49407][i] ?? 0));
  });

  it('has 49,408 tokens, start and end last', () => {
    expect(tokenizer).toMatchObject({ vocabulary: 49408, start: 49406, end: 49407 });
    expect(tokenizer.encode('a <|endoftext|>')).toEqual([320, 49407]);
  });

  it('ends a caption that is too long with the end token, or refuses it', () => {
    const exact = 'a '.repeat(5);
    expect([...tokenizer.tokens(exact, 7, 'error')]).toEqual([49406, 320, 320, 320, 320, 320, 49407]);
    expect([...tokenizer.tokens(exact + 'cat', 7, 'truncate')]).toEqual([49406, 320, 320, 320, 320, 320, 49407]);
    expect(() => tokenizer.tokens(exact + 'cat', 7, 'error')).toThrow(
      /at most 7 tokens, start and end included, got 8: "a a a a a cat"/,
    );
  });

  it('cleans captions for a version 1 document as when it was trained', () => {
    const unrepaired = tokenizerFromDocument({ ...tokenizer.document, version: 1 });
    expect(unrepaired.hash).not.toBe(tokenizer.hash);
    expect(unrepaired.encode('A &amp; B’s')).toEqual([320, 261, 321, 728, 503, 338]);
    expect(tokenizer.encode('A &amp; B’s')).toEqual([320, 261, 321, 568]);
  });

  it('is restored from its document with the same hash and the same ids', () => {
    const again = tokenizerFromDocument(JSON.parse(JSON.stringify(tokenizer.document)));
    expect(again.hash).toBe(tokenizer.hash);
    expect(again.encode('golden retriever')).toEqual([3878, 28394]);
  });
});

describe('a tokenizer document', () => {
  const { document, hash } = clipTokenizer();

  it('is written as JSON.stringify does and hashed as canonical JSON, in pieces', () => {
    expect(new TextDecoder().decode(atOnce(documentJson(document)))).toBe(JSON.stringify(document));
    expect(hash).toBe(sha256(canonicalJson({ ...document })));
    const empty = { ...document, merges: [] };
    expect(new TextDecoder().decode(atOnce(documentJson(empty)))).toBe(JSON.stringify(empty));
  });

  it('makes the same tokenizer in turns', async () => {
    const opened = await openTokenizer(document);
    expect(opened.hash).toBe(hash);
    expect(opened.encode('golden retriever')).toEqual([3878, 28394]);
    expect((await readTokenizer(atOnce(documentJson(document)))).hash).toBe(hash);
    await expect(openTokenizer({ ...document, merges: ['a b c'] })).rejects.toMatchObject({ code: 'DATA_INVALID' });
  });

  it('is refused with the reason if invalid', () => {
    expect(() => tokenizerFromDocument({ format: 'tandem-bpe', version: 3, vocabulary: 514, merges: [] })).toThrow(
      /version/,
    );
    expect(() =>
      tokenizerFromDocument({ format: 'tandem-bpe', version: 2, vocabulary: 515, merges: ['xy z'] }),
    ).toThrow(/merge 0 .*'xy z'/);
    expect(() => tokenizerFromDocument({ format: 'tandem-bpe', version: 2, vocabulary: 514, merges: ['x z'] })).toThrow(
      /at most .* = 0 merges, got 1/,
    );
  });

  it('follows its merges in rank order and nothing else', () => {
    // The toy merges of transformers' test_tokenization_clip.py: "lower newer" → lo w er</w> n e w er</w>.
    const toy = tokenizerFromDocument({
      format: 'tandem-bpe',
      version: 2,
      vocabulary: 517,
      merges: ['l o', 'lo w</w>', 'e r</w>'],
    });
    const byte = (letter: string): number => letter.charCodeAt(0) - 0x21;
    expect(toy.encode('lower newer')).toEqual([512, byte('w'), 514, byte('n'), byte('e'), byte('w'), 514]);
    expect(toy.encode('low')).toEqual([513]);
  });
});
