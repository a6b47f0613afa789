// Goal: Hugging Face's tokenizers give the same ids as ours. Method: their own JavaScript implementation reads the file
// we write.
import { PreTrainedTokenizer } from '@huggingface/transformers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanCaption, cleanUnrepairedCaption } from './clean-caption.js';
import { huggingFaceTokenizer, tokenizerFromHuggingFace } from './hugging-face-tokenizer.js';
import { clipTokenizer, type Tokenizer } from './tokenizer.js';
import { trainBpe } from './train-bpe.js';

const captions = [
  'a photo of a cat',
  "A\n'll !!to?'d''d of, can't.",
  'UNwantéd,running',
  '生活的真谛是 생활 ÎÏ ΟΔΟΣ',
  'I bought an apple for $1.00 at the store, 2016…  ',
  ' supercalifragilisticexpialidocious\t ',
  '😀🏳️‍🌈!? #tag <b>',
  "you should've  done o'clock 'S 'Re",
  'cafe\u0301 ½ x²',
  'a <|endoftext|>b <|ENDOFTEXT|>',
  '',
];
const learned = trainBpe(['a red square', 'a green square', 'a drawing of a blue square, 10 cm', 'café au lait'], 600);

describe.each<[string, Tokenizer]>([
  ["CLIP's tokenizer", clipTokenizer()],
  ['a learned tokenizer', learned],
])('%s as tokenizer.json', (_, tokenizer) => {
  const document = JSON.parse(JSON.stringify(huggingFaceTokenizer(tokenizer))) as object;
  const theirs = new PreTrainedTokenizer(document, { tokenizer_class: 'CLIPTokenizer', model_max_length: 77 });

  it.each(captions)('gives the ids of %j', (caption) => {
    expect(theirs.encode(caption)).toEqual([tokenizer.start, ...tokenizer.encode(caption), tokenizer.end]);
  });

  it('is read back as the same tokenizer, with merges as texts or as pairs', () => {
    const { model } = document as { model: { merges: string[] } };
    expect(tokenizerFromHuggingFace(document).hash).toBe(tokenizer.hash);
    expect(
      tokenizerFromHuggingFace({ model: { ...model, merges: model.merges.map((merge) => merge.split(' ')) } }).hash,
    ).toBe(tokenizer.hash);
  });
});

/**
 * Text that openai/CLIP does not repair and that both tokenizers should read alike. It avoids the known differences:
 * HTML entities, which only openai/CLIP decodes, and start and end tokens right after other signs, which only Hugging
 * Face recognises.
 */
const plainText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 8 }),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ maxLength: 8 }),
      fc.constantFrom(
        ' ',
        '  ',
        '\n',
        '\t',
        '\u3000',
        "'",
        "'s",
        "'LL",
        "''",
        '12',
        '½',
        'Ⅷ',
        '٣',
        '…',
        ' <|endoftext|>',
        'x<|STARTOFTEXT|>',
        '😀',
        '👩‍👩‍👧',
        '🇩🇪',
        '🏳️‍🌈',
        'e\u0301',
        'ΟΔΟΣ',
        'İ',
        'ẞ',
        '生活',
        'カ\u3099',
        '생활',
        'नमस्ते',
        'ไทย',
        'שלום',
        'مرحبا',
        '\u200d',
        '#',
        'word',
        'Golden Retriever',
      ),
    ),
    { maxLength: 10 },
  )
  .map((pieces) =>
    pieces
      .join('')
      .replace(/&/g, '')
      .replace(/[^\s\p{L}\p{N}]<\|/gu, ''),
  )
  .filter((text) => cleanCaption(text) === cleanUnrepairedCaption(text.normalize()));

it('gives the ids of 10,000 random texts', () => {
  const theirs = new PreTrainedTokenizer(JSON.parse(JSON.stringify(huggingFaceTokenizer(clipTokenizer()))) as object, {
    tokenizer_class: 'CLIPTokenizer',
  });
  const ours = clipTokenizer();
  fc.assert(
    fc.property(plainText, (text) => {
      expect(theirs.encode(text)).toEqual([ours.start, ...ours.encode(text), ours.end]);
    }),
    { numRuns: 10_000 },
  );
});

it('a tokenizer.json that does not number its tokens as CLIP does is refused, with what is wrong', () => {
  const refusal = (change: object): (() => Tokenizer) => {
    const { model } = huggingFaceTokenizer(learned) as { model: object };
    return () => tokenizerFromHuggingFace({ model: { ...model, ...change } });
  };
  const { vocab, merges } = (
    huggingFaceTokenizer(learned) as { model: { vocab: Record<string, number>; merges: string[] } }
  ).model;
  expect(refusal({ type: 'WordPiece' })).toThrow(/model.type/);
  expect(refusal({ end_of_word_suffix: '' })).toThrow(/end_of_word_suffix/);
  expect(refusal({ vocab: { ...vocab, '!': 7 } })).toThrow(/'!' to be 0, got 7/);
  expect(refusal({ merges: merges.slice(0, -1) })).toThrow(/to be none, got/);
  expect(refusal({ vocab: {} })).toThrow(/to be \d+, got none/);
  const { added_tokens: special, ...file } = huggingFaceTokenizer(learned) as { added_tokens: object[] };
  expect(tokenizerFromHuggingFace({ ...file, added_tokens: special }).hash).toBe(learned.hash);
  expect(() =>
    tokenizerFromHuggingFace({ ...file, added_tokens: [...special, { id: 600, content: '<cat>' }] }),
  ).toThrow(/no added tokens but .*, got <cat>/);
});
