import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { atOnce, inTurns, type Pausable } from '#threads/turns.js';
import {
  framedTokens,
  mergedPairs,
  mergeWord,
  pairKey,
  partedMap,
  wordSymbols,
  type MergeTable,
} from './byte-pairs.js';
import { wordsOf } from './caption-words.js';
import { cleanCaption, cleanUnrepairedCaption } from './clean-caption.js';
import { clipMerges } from './clip-merges.js';
import {
  checkedDocument,
  documentHash,
  invalidDocument,
  mergesBetweenPauses,
  type TokenizerDocument,
} from './tokenizer-document.js';
import { parseTokenizerJson } from './tokenizer-json.js';

/** Byte-pair encoding with CLIP's conventions. */
export interface Tokenizer {
  /** Number of token ids. */
  readonly vocabulary: number;
  readonly start: number;
  readonly end: number;
  /** Token ids of a caption, without start and end. */
  encode(caption: string): number[];
  /**
   * Start token, ids, end token, then zeros: [L]. If the caption is too long, either it is cut off and the last token
   * becomes `end`, or DATA_INVALID is thrown.
   */
  tokens(caption: string, contextLength: number, tooLong: 'truncate' | 'error'): Int32Array;
  readonly document: TokenizerDocument;
  /** sha256 of the canonical JSON of the document. Tokenizers with equal hashes give equal ids. */
  readonly hash: string;
}

/** CLIP's own tokenizer: 49,408 tokens. Source: openai/CLIP simple_tokenizer.py. */
export function clipTokenizer(): Tokenizer {
  return tokenizerFromDocument({ format: 'tandem-bpe', version: 2, vocabulary: clipVocabulary, merges: clipMerges() });
}

export const clipVocabulary = 49_408;

/** Restores a tokenizer from the stored `document` of another. Throws DATA_INVALID if it is not one. */
export function tokenizerFromDocument(document: unknown): Tokenizer {
  return atOnce(restored(document));
}

/** The same in turns with others: a vocabulary of a million takes seconds. */
export function openTokenizer(document: unknown): Promise<Tokenizer> {
  return inTurns(restored(document));
}

/** The same from the bytes of a stored document. Throws a SyntaxError, too, if they are not JSON. */
export function readTokenizer(bytes: Uint8Array): Promise<Tokenizer> {
  return inTurns(
    (function* (): Pausable<Tokenizer> {
      return yield* restored(yield* parseTokenizerJson(bytes));
    })(),
  );
}

function* restored(stored: unknown): Pausable<Tokenizer> {
  const document = yield* checkedDocument(stored);
  const { vocabulary, version } = document;
  const clean = version === 1 ? cleanUnrepairedCaption : cleanCaption;
  const start = vocabulary - 2;
  const end = vocabulary - 1;
  const mergedId = yield* mergeTable(document);
  const hash = yield* documentHash(document);
  const special = new Map([
    ['<|startoftext|>', start],
    ['<|endoftext|>', end],
  ]);
  const remembered = new Map<string, readonly number[]>();
  const utf8 = new TextEncoder();

  function encodeWord(word: string): readonly number[] {
    const known = remembered.get(word);
    if (known) return known;
    const specialId = special.get(word);
    const ids = specialId === undefined ? mergeWord(wordSymbols(utf8.encode(word)), mergedId) : [specialId];
    if (remembered.size >= wordsRememberedMax) remembered.clear();
    remembered.set(word, ids);
    return ids;
  }

  function encode(caption: string): number[] {
    return wordsOf(clean(caption)).flatMap(encodeWord);
  }

  return {
    vocabulary,
    start,
    end,
    encode,
    tokens(caption, contextLength, tooLong) {
      const ids = encode(caption);
      if (ids.length > contextLength - 2 && tooLong === 'error')
        throw captionTooLong(caption, ids.length + 2, contextLength);
      return framedTokens(ids, contextLength, vocabulary);
    },
    document,
    hash,
  };
}

const wordsRememberedMax = 100_000;

function* mergeTable({ merges }: TokenizerDocument): Pausable<MergeTable> {
  const table = partedMap<number>((pair) => pair);
  let rank = 0;
  for (const [left, right] of mergedPairs(merges)) {
    if (left === undefined || right === undefined) {
      throw invalidDocument(`expected merge ${rank} to join two tokens made before it, got '${merges[rank]}'`);
    }
    table.set(pairKey(left, right), 512 + rank);
    if (rank++ % mergesBetweenPauses === 0) yield;
  }
  return table;
}

function captionTooLong(caption: string, tokens: number, contextLength: number): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected a caption of at most ${contextLength} tokens, start and end included, got ${tokens}: ` +
      `"${caption.slice(0, 80)}".`,
    help: 'Shorten it, raise model.text_cfg.context_length, or set data.captionTooLong to truncate.',
  });
}
