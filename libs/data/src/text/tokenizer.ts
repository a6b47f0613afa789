import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { atOnce, inTurns, type Pausable } from '#threads/turns.js';
import { byteSymbols, placeOfByte, wordEnd } from './byte-symbols.js';
import { cleanCaption, cleanUnrepairedCaption, wordsOf } from './clean-caption.js';
import { clipMerges } from './clip-merges.js';
import {
  checkedDocument,
  documentHash,
  invalidDocument,
  mergesBetweenPauses,
  type TokenizerDocument,
} from './tokenizer-document.js';

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
      return Int32Array.from({ length: contextLength }, (_, i) => {
        if (i === 0) return start;
        if (i === Math.min(ids.length + 1, contextLength - 1)) return end;
        return ids[i - 1] ?? 0;
      });
    },
    document,
    hash,
  };
}

const wordsRememberedMax = 100_000;

/** Ids of the bytes of a word before any merge; the last one is marked as the end of the word. */
export function wordSymbols(bytes: Uint8Array): number[] {
  return Array.from(bytes, (byte, i) => placeOfByte[byte]! + (i === bytes.length - 1 ? 256 : 0));
}

/** Combines two ids into one number. Ids are below 2^20. */
export function pairKey(left: number, right: number): number {
  return left * 2 ** 20 + right;
}

/** The id of the merge of a pair, by its key. */
type MergeTable = Pick<ReadonlyMap<number, number>, 'get'>;

/** A map that has a million entries holds up the event loop for a tenth of a second when it grows; its parts do not. */
const mapParts = 16;

function partedMap<Key>(partOf: (key: Key) => number): Pick<Map<Key, number>, 'get'> & {
  set(key: Key, value: number): void;
} {
  const parts = Array.from({ length: mapParts }, () => new Map<Key, number>());
  const part = (key: Key): Map<Key, number> => parts[partOf(key) % mapParts]!;
  return { get: (key) => part(key).get(key), set: (key, value) => void part(key).set(key, value) };
}

function* mergeTable({ merges }: TokenizerDocument): Pausable<MergeTable> {
  const idOf = partedMap<string>((token) => token.length + token.charCodeAt(0));
  byteSymbols.forEach((symbol, id) => {
    idOf.set(symbol, id);
    idOf.set(symbol + wordEnd, id + 256);
  });
  const table = partedMap<number>((pair) => pair % mapParts);
  for (const [rank, merge] of merges.entries()) {
    const [left = '', right = ''] = merge.split(' ');
    const [leftId, rightId] = [idOf.get(left), idOf.get(right)];
    if (leftId === undefined || rightId === undefined) {
      throw invalidDocument(`expected merge ${rank} to join two tokens made before it, got '${merge}'`);
    }
    table.set(pairKey(leftId, rightId), 512 + rank);
    idOf.set(left + right, 512 + rank);
    if (rank % mergesBetweenPauses === 0) yield;
  }
  return table;
}

/**
 * Merges the pair whose merge has the lowest rank, at every occurrence from left to right, until no pair can be merged.
 */
function mergeWord(symbols: number[], mergedId: MergeTable): number[] {
  for (;;) {
    let best = Infinity; // Ids grow with the rank of their merge, so the lowest id is the first merge.
    for (let i = 1; i < symbols.length; i++) {
      best = Math.min(best, mergedId.get(pairKey(symbols[i - 1]!, symbols[i]!)) ?? Infinity);
    }
    if (best === Infinity) return symbols;
    symbols = joinPairs(symbols, (left, right) => mergedId.get(pairKey(left, right)) === best, best);
  }
}

/** Replaces every pair for which `joins` holds by `merged`, from left to right. */
export function joinPairs(
  symbols: readonly number[],
  joins: (left: number, right: number) => boolean,
  merged: number,
): number[] {
  const joined: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const left = symbols[i]!;
    if (i + 1 < symbols.length && joins(left, symbols[i + 1]!)) {
      joined.push(merged);
      i++;
    } else joined.push(left);
  }
  return joined;
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
