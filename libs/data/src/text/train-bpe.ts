import TinyQueue from 'tinyqueue';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { joinPairs, pairKey, wordSymbols } from './byte-pairs.js';
import { byteSymbols, wordEnd } from './byte-symbols.js';
import { wordsOf } from './caption-words.js';
import { cleanCaption } from './clean-caption.js';
import { tokenizerFromDocument, type Tokenizer } from './tokenizer.js';

/**
 * Learns BPE merges from captions: joins the most frequent pair of neighbouring tokens, again and again, until the
 * vocabulary is full or no pair occurs twice (ids left over stay unused). Among equally frequent pairs, the lower left
 * id and then the lower right id wins, so the result depends neither on the order of the captions nor on the machine.
 * `vocabulary` counts 256 bytes, 256 bytes that end a word, the merges, start and end. Source: Sennrich et al. 2016,
 * algorithm 1, with CLIP's word ends.
 */
export function trainBpe(captions: Iterable<string>, vocabulary: number): Tokenizer {
  const counts = wordCounts();
  for (const caption of captions) counts.add(caption);
  return tokenizerFromDocument({ format: 'tandem-bpe', version: 2, vocabulary, merges: counts.merges(vocabulary) });
}

/** The words of captions that come one after another, and the merges that trainBpe learns from them. */
export interface WordCounts {
  add(caption: string): void;
  /** Takes minutes for millions of words. Throws DATA_INVALID if no word came. */
  merges(vocabulary: number): string[];
}

export function wordCounts(): WordCounts {
  const counts = new Map<string, number>();
  return {
    add(caption) {
      for (const word of wordsOf(cleanCaption(caption))) counts.set(word, (counts.get(word) ?? 0) + 1);
    },
    merges: (vocabulary) => learntMerges(symbolsOf(counts), vocabulary),
  };
}

function learntMerges(words: readonly Word[], vocabulary: number): string[] {
  if (words.length === 0) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: 'Expected captions to learn a vocabulary from, got none with a word in it.',
      help: "Check the data set's captions, or set tokenizer.kind to clip.",
    });
  }
  const pairs = countPairs(words);
  const symbols = [...byteSymbols, ...byteSymbols.map((symbol) => symbol + wordEnd)];
  const taken = new Set(symbols);
  const merges: string[] = [];
  while (merges.length < vocabulary - 514) {
    const best = pairs.takeMostFrequent();
    if (!best) break;
    const [left, right] = [symbols[best.left]!, symbols[best.right]!];
    // ab·c and a·bc may both become frequent. A token is identified by its text, so only the first way to form it is
    // learned.
    if (taken.has(left + right)) continue;
    const merged = symbols.length;
    merges.push(`${left} ${right}`);
    symbols.push(left + right);
    taken.add(left + right);
    for (const word of best.words) {
      pairs.remove(word);
      word.symbols = joinPairs(word.symbols, (a, b) => a === best.left && b === best.right, merged);
      pairs.add(word);
    }
  }
  return merges;
}

interface Word {
  symbols: number[];
  readonly count: number;
}

interface Pair {
  readonly left: number;
  readonly right: number;
  count: number;
  /** All words that contain the pair, and some that no longer do. */
  readonly words: Set<Word>;
}

function symbolsOf(counts: ReadonlyMap<string, number>): Word[] {
  const utf8 = new TextEncoder();
  return Array.from(counts)
    .filter(([word]) => word !== '<|startoftext|>' && word !== '<|endoftext|>')
    .map(([word, count]) => ({ symbols: wordSymbols(utf8.encode(word)), count }));
}

function countPairs(words: readonly Word[]): {
  add(word: Word): void;
  remove(word: Word): void;
  takeMostFrequent(): Pair | undefined;
} {
  const pairs = new Map<number, Pair>();
  const queue = new TinyQueue<Candidate>([], byFrequency);
  const changed = new Set<Pair>();

  function change(word: Word, by: number): void {
    for (let i = 1; i < word.symbols.length; i++) {
      const left = word.symbols[i - 1]!;
      const right = word.symbols[i]!;
      const key = pairKey(left, right);
      let pair = pairs.get(key);
      if (!pair) pairs.set(key, (pair = { left, right, count: 0, words: new Set() }));
      pair.count += by;
      if (by > 0) pair.words.add(word);
      changed.add(pair);
    }
  }

  for (const word of words) change(word, word.count);
  return {
    add: (word) => change(word, word.count),
    remove: (word) => change(word, -word.count),
    takeMostFrequent() {
      for (const pair of changed) queue.push({ pair, count: pair.count });
      changed.clear();
      for (let best = queue.pop(); best; best = queue.pop()) {
        if (best.count < 2) return undefined;
        // If a count has changed since it was queued, the queue also has a newer entry.
        if (best.count !== best.pair.count) continue;
        return best.pair;
      }
      return undefined;
    },
  };
}

interface Candidate {
  readonly pair: Pair;
  readonly count: number;
}

/** Negative where `a` is to be joined before `b`. */
function byFrequency(a: Candidate, b: Candidate): number {
  return b.count - a.count || a.pair.left - b.pair.left || a.pair.right - b.pair.right;
}
