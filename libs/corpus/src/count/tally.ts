import { type CountEntry, gapMarks, Kind, nameOf } from './count-entry.js';

/** Counts in memory. A bigram takes about 50 bytes, because words are counted under numbers. */
export interface Tally {
  /** Counts a word and returns its number, which means nothing once the counts are taken. */
  word(text: string): number;
  bigram(first: number, gap: ' ' | '', second: number): void;
  add(kind: Kind, key: string, count: number): void;
  /** Different entries. */
  readonly size: number;
  /** Yields everything that was counted, sorted, and begins anew. */
  taken(): Generator<readonly CountEntry[], void>;
}

/** Most numbers of words: three factors of a bigram's key have to fit into a number's 53 bits. */
const wordsMax = 2 ** 25;
const batchLength = 4096;

export function tally(): Tally {
  const numbers = new Map<string, number>();
  let words: string[] = [];
  let wordCounts: number[] = [];
  const bigrams = new Map<number, number>();
  const others = new Map<string, number>();

  function* entries(): Generator<CountEntry> {
    for (const name of [...others.keys()].filter((one) => one < Kind.word).sort())
      yield { name, count: others.get(name)! };
    const order = [...words.keys()].sort((a, b) => (words[a]! < words[b]! ? -1 : 1));
    for (const word of order) yield { name: nameOf(Kind.word, words[word]!), count: wordCounts[word]! };
    yield* bigramEntries(order);
    for (const name of [...others.keys()].filter((one) => one > Kind.word).sort())
      yield { name, count: others.get(name)! };
  }

  /** The marks of gaps come before all letters, so sorting by ranks of words and gaps sorts the texts. */
  function* bigramEntries(order: readonly number[]): Generator<CountEntry> {
    const ranks = new Uint32Array(order.length);
    order.forEach((word, rank) => (ranks[word] = rank));
    const sorted = new Float64Array(bigrams.size);
    let at = 0;
    for (const key of bigrams.keys()) {
      const { first, gap, second } = partsOf(key);
      sorted[at++] = keyOf(ranks[first]!, gap, ranks[second]!);
    }
    for (const ranked of sorted.sort()) {
      const { first, gap, second } = partsOf(ranked);
      const [one, other] = [order[first]!, order[second]!];
      const name = nameOf(Kind.bigram, `${words[one]}${gapMarks[gap]}${words[other]}`);
      yield { name, count: bigrams.get(keyOf(one, gap, other))! };
    }
  }

  return {
    word(text) {
      const number = numbers.get(text);
      if (number !== undefined) {
        wordCounts[number]!++;
        return number;
      }
      // A copy: a piece of a string keeps the whole string in memory.
      const word = Buffer.from(text, 'utf16le').toString('utf16le');
      numbers.set(word, words.length);
      wordCounts.push(1);
      return words.push(word) - 1;
    },
    bigram(first, gap, second) {
      const key = keyOf(first, gap === '' ? 0 : 1, second);
      bigrams.set(key, (bigrams.get(key) ?? 0) + 1);
    },
    add(kind, key, count) {
      const name = nameOf(kind, key);
      others.set(name, (others.get(name) ?? 0) + count);
    },
    get size() {
      return words.length + bigrams.size + others.size;
    },
    *taken() {
      let batch: CountEntry[] = [];
      for (const entry of entries()) {
        batch.push(entry);
        if (batch.length < batchLength) continue;
        yield batch;
        batch = [];
      }
      yield batch;
      for (const map of [numbers, bigrams, others]) map.clear();
      [words, wordCounts] = [[], []];
    },
  };
}

function keyOf(first: number, gap: number, second: number): number {
  return (first * 2 + gap) * wordsMax + second;
}

function partsOf(key: number): { readonly first: number; readonly gap: number; readonly second: number } {
  const second = key % wordsMax;
  const rest = (key - second) / wordsMax;
  return { first: rest >> 1, gap: rest & 1, second };
}
