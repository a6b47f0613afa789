import { framedTokens, mergedPairs, mergeWord, pairKey, wordSymbols } from '#data/text/byte-pairs.js';
import { lowerWords, plainCharacters, wordsOf } from '#data/text/caption-words.js';

/** A run's tokenizer, as much of it as reads a text that somebody types. */
export interface CaptionTokenizer {
  /** Start, ids, end, then zeros, [L]; `cut` where the text has more tokens than there is room for. */
  tokens(text: string): { readonly tokens: Int32Array; readonly cut: boolean };
}

export interface CaptionTokenizerOptions {
  readonly merges: readonly string[];
  readonly vocabulary: number;
  readonly contextLength: number;
}

/**
 * The tokenizer of libs/data, less what only texts from the web need: HTML entities stay as they are, and mojibake is
 * not repaired.
 */
export function openCaptionTokenizer({ merges, vocabulary, contextLength }: CaptionTokenizerOptions): CaptionTokenizer {
  const mergedId = new Map([...mergedPairs(merges)].map(([left, right], rank) => [pairKey(left!, right!), 512 + rank]));
  const utf8 = new TextEncoder();
  return {
    tokens(text) {
      const words = wordsOf(lowerWords(plainCharacters(text)));
      const ids = words.flatMap((word) => mergeWord(wordSymbols(utf8.encode(word)), mergedId));
      return { tokens: framedTokens(ids, contextLength, vocabulary), cut: ids.length > contextLength - 2 };
    },
  };
}
