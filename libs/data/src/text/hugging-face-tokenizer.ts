import { z } from 'zod';
import { problemText } from '#protocol/input/schema-problems.js';
import { shownName, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { byteSymbols, wordEnd } from './byte-symbols.js';
import { mergeSchema } from './slow-tokenizer.js';
import { tokenizerFromDocument, type Tokenizer } from './tokenizer.js';

const startToken = '<|startoftext|>';
const endToken = '<|endoftext|>';

/**
 * Converts a tokenizer to Hugging Face's tokenizer.json. Its ids are the same for the same caption, with start and end
 * tokens around them. The one difference is in cleaning: the format covers NFC, white space and lower case, but cannot
 * decode HTML entities or repair mojibake, typographic quotes, ligatures, full-width forms and control characters.
 * Source: tokenizer.json of openai/clip-vit-base-patch32.
 */
export function huggingFaceTokenizer({ document, start, end }: Tokenizer): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [addedToken(start, startToken), addedToken(end, endToken)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: wordPattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [endToken, end],
      cls: [startToken, start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: endToken,
      continuing_subword_prefix: '',
      end_of_word_suffix: wordEnd,
      fuse_unk: false,
      byte_fallback: false,
      vocab: vocabularyOf(document.merges, start, end),
      merges: document.merges,
    },
  };
}

// The same as in clean-caption.ts, for captions already in lower case.
const wordPattern =
  "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** Token → id. Ids that no merge uses are left out. */
function vocabularyOf(merges: readonly string[], start: number, end: number): Record<string, number> {
  const tokens = [
    ...byteSymbols,
    ...byteSymbols.map((symbol) => symbol + wordEnd),
    ...merges.map((merge) => merge.replace(' ', '')),
  ];
  return { ...Object.fromEntries(tokens.map((token, id) => [token, id])), [startToken]: start, [endToken]: end };
}

function addedToken(id: number, content: string): object {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: true, special: true };
}

const fileSchema = z.object({
  model: z.object({
    type: z.literal('BPE'),
    end_of_word_suffix: z.literal(wordEnd),
    vocab: z.record(z.string(), z.int().min(0)),
    merges: z.array(mergeSchema),
  }),
  added_tokens: z.array(z.object({ content: z.string() })).nullish(),
});

/**
 * Reads a tokenizer.json that numbers its tokens as CLIP does: bytes, bytes that end a word, merges in order, start and
 * end. Captions are cleaned as in openai/CLIP, whatever the file says. Throws DATA_INVALID for any other file.
 */
export function tokenizerFromHuggingFace(file: unknown): Tokenizer {
  const parsed = fileSchema.safeParse(file);
  if (!parsed.success) throw notClipTokenizer(problemText(parsed.error));
  const { vocab, merges } = parsed.data.model;
  const added = (parsed.data.added_tokens ?? []).filter(
    ({ content }) => content !== startToken && content !== endToken,
  );
  if (added.length > 0)
    throw notClipTokenizer(
      `expected no added tokens but ${startToken} and ${endToken}, got ` +
        shownNames(added.map(({ content }) => content)),
    );
  const vocabulary = Object.values(vocab).reduce((most, id) => Math.max(most, id + 1), 514);
  const expected = vocabularyOf(merges, vocabulary - 2, vocabulary - 1);
  const wrongToken = Object.keys({ ...expected, ...vocab }).find((token) => vocab[token] !== expected[token]);
  if (wrongToken !== undefined)
    throw notClipTokenizer(
      `expected the id of the token '${shownName(wrongToken)}' to be ${expected[wrongToken] ?? 'none'}, got ` +
        `${vocab[wrongToken] ?? 'none'}`,
    );
  return tokenizerFromDocument({ format: 'tandem-bpe', version: 2, vocabulary, merges });
}

function notClipTokenizer(detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `The tokenizer.json is not of CLIP's kind: ${detail}`,
    help: 'Use the tokenizer.json of a CLIP on Hugging Face, or one that Tandem exported.',
  });
}
