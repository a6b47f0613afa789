import { byteSymbols, WORD_END } from './byte-symbols.js';
import type { Tokenizer } from './tokenizer.js';

/**
 * A tokenizer as Hugging Face's libraries store it, tokenizer.json: the same ids for the same caption, start and end put
 * around them. HTML entities in captions are the exception: that format has nothing that decodes them.
 * Source: tokenizer.json of openai/clip-vit-base-patch32, without its Unicode normalisation (NFC).
 */
export function huggingFaceTokenizer({ document, start, end }: Tokenizer): object {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [addedToken(start, '<|startoftext|>'), addedToken(end, '<|endoftext|>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' }, { type: 'Lowercase' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: wordPattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: { type: 'RobertaProcessing', sep: ['<|endoftext|>', end], cls: ['<|startoftext|>', start], trim_offsets: false, add_prefix_space: false },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: WORD_END,
      fuse_unk: false,
      byte_fallback: false,
      vocab: vocabularyOf(document.merges, start, end),
      merges: document.merges,
    },
  };
}

// As in clean-caption.ts, of captions in lower case.
const wordPattern = "<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** Token → id. Ids that no merge has taken are left out. */
function vocabularyOf(merges: readonly string[], start: number, end: number): Record<string, number> {
  const tokens = [...byteSymbols, ...byteSymbols.map((symbol) => symbol + WORD_END), ...merges.map((merge) => merge.replace(' ', ''))];
  return { ...Object.fromEntries(tokens.map((token, id) => [token, id])), '<|startoftext|>': start, '<|endoftext|>': end };
}

function addedToken(id: number, content: string): object {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: true, special: true };
}
