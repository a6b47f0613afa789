import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { plainQuery } from '../text/bounded-text.js';
import { CharacterClass, classOfUnit } from '../text/characters.js';
import { forEachWord, segmenterVersion, type WordGap } from '../text/words.js';
import { Kind, type SortedCounts } from './count-entry.js';
import { countsHeader, readCounts, writeCounts } from './counts-file.js';
import { mergedCounts } from './merge-counts.js';
import { tally } from './tally.js';

/** Counts that are totals of the corpus. */
export type Total = 'words' | 'lines' | 'articles' | 'words too long' | `words by ${string}`;

/** Counts words, bigrams, article titles and their views, exactly and in bounded memory. */
export interface CorpusCounter {
  /** Counts the words of a line, and its bigrams: pairs of words with nothing but white space between. */
  line(text: string): void;
  article(title: string): void;
  views(title: string, count: number): void;
  /** Writes the counts so far to disk if they fill their memory. To be awaited after every few lines. */
  settle(): Promise<void>;
  /** Takes part counts as well. */
  include(counts: SortedCounts): void;
  /** All counts. */
  finish(): Promise<SortedCounts>;
  /** Removes what is on disk. */
  close(): Promise<void>;
}

export interface CounterOptions {
  readonly ignoreCase: boolean;
  /** A folder for what does not fit into memory. */
  readonly scratch: string;
  /** Different entries in memory. Beyond these, sorted counts go to disk. */
  readonly entriesMax?: number;
}

/** Longest word that is counted, in UTF-16 code units. */
const wordLengthMax = 64;
const entriesMaxDefault = 4_000_000;
/** Files of sorted counts that wait; as many are then merged into one. */
const runsMax = 64;
/** Counts of different versions are of different words, so they are not summed. */
const segmented: Total = `words by ${segmenterVersion}`;

export function corpusCounter({ ignoreCase, scratch, entriesMax = entriesMaxDefault }: CounterOptions): CorpusCounter {
  const counts = tally();
  const header = countsHeader(ignoreCase);
  const included: SortedCounts[] = [];
  let runs: string[] = [];
  let written = 0;
  let folder: string | undefined;
  let before: number | undefined;
  const folded = (text: string): string => (ignoreCase ? text.toLowerCase() : text);

  function word(text: string, gap: WordGap): void {
    if (text.length > wordLengthMax) {
      counts.add(Kind.total, 'words too long' satisfies Total, 1);
      before = undefined;
      return;
    }
    counts.add(Kind.total, 'words' satisfies Total, 1);
    if (classOfUnit[text.charCodeAt(0)] === CharacterClass.gapless) counts.add(Kind.total, segmented, 1);
    const number = counts.word(text);
    if (gap !== undefined && before !== undefined) counts.bigram(before, gap, number);
    before = number;
  }

  async function write(sorted: SortedCounts): Promise<string> {
    folder ??= await mkdtemp(join(scratch, 'tandem-corpus-'));
    const path = join(folder, `${written++}.counts`);
    await writeCounts(path, header, sorted);
    return path;
  }

  async function spill(): Promise<void> {
    runs.push(await write(Readable.from(counts.taken())));
    if (runs.length < runsMax) return;
    const full = runs;
    runs = [await write(mergedCounts(full.map((path) => readCounts(path, header))))];
    for (const path of full) await rm(path);
  }

  return {
    line(text) {
      counts.add(Kind.total, 'lines' satisfies Total, 1);
      before = undefined;
      forEachWord(folded(text), word);
    },
    article(title) {
      counts.add(Kind.total, 'articles' satisfies Total, 1);
      counts.add(Kind.article, plainQuery(folded(title)), 1);
    },
    views: (title, count) => counts.add(Kind.views, plainQuery(folded(title)), count),
    settle: async () => (counts.size >= entriesMax ? spill() : undefined),
    include: (more) => void included.push(more),
    async finish() {
      const rest = Readable.from(counts.taken()) as SortedCounts;
      return mergedCounts([...runs.map((path) => readCounts(path, header)), rest, ...included]);
    },
    async close() {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
