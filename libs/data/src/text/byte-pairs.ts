import { byteSymbols, placeOfByte, wordEnd } from './byte-symbols.js';

/** The id of the merge of two tokens, by their pairKey. */
export type MergeTable = Pick<ReadonlyMap<number, number>, 'get'>;

/** A map that has a million entries holds up the event loop for a tenth of a second when it grows; its parts do not. */
const mapParts = 16;

/** A map in parts, of which `partOf` says which one holds a key: a whole number, by its remainder. */
export function partedMap<Key>(partOf: (key: Key) => number): Pick<Map<Key, number>, 'get'> & {
  set(key: Key, value: number): void;
} {
  const parts = Array.from({ length: mapParts }, () => new Map<Key, number>());
  const part = (key: Key): Map<Key, number> => parts[partOf(key) % mapParts]!;
  return { get: (key) => part(key).get(key), set: (key, value) => void part(key).set(key, value) };
}

/** The two ids that each merge joins, in rank order; undefined for a token that no merge before has made. */
export function* mergedPairs(
  merges: readonly string[],
): Generator<readonly [left: number | undefined, right: number | undefined]> {
  const idOf = partedMap<string>((token) => token.length + token.charCodeAt(0));
  byteSymbols.forEach((symbol, id) => {
    idOf.set(symbol, id);
    idOf.set(symbol + wordEnd, id + 256);
  });
  let next = 512;
  for (const merge of merges) {
    const [left = '', right = ''] = merge.split(' ');
    yield [idOf.get(left), idOf.get(right)];
    idOf.set(left + right, next++);
  }
}

/** Ids of the bytes of a word before any merge; the last one is marked as the end of the word. */
export function wordSymbols(bytes: Uint8Array): number[] {
  return Array.from(bytes, (byte, i) => placeOfByte[byte]! + (i === bytes.length - 1 ? 256 : 0));
}

/** Combines two ids into one number. Ids are below 2^20. */
export function pairKey(left: number, right: number): number {
  return left * 2 ** 20 + right;
}

/**
 * Merges the pair whose merge has the lowest rank, at every occurrence from left to right, until no pair can be merged.
 */
export function mergeWord(symbols: number[], mergedId: MergeTable): number[] {
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

/**
 * The tokens of a caption as the text tower takes them: start, ids, end, then zeros, [L]. Of a caption that is too long
 * the last tokens are left out.
 */
export function framedTokens(ids: readonly number[], contextLength: number, vocabulary: number): Int32Array {
  return Int32Array.from({ length: contextLength }, (_, i) => {
    if (i === 0) return vocabulary - 2;
    if (i === Math.min(ids.length + 1, contextLength - 1)) return vocabulary - 1;
    return ids[i - 1] ?? 0;
  });
}
