import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { bigramOf, keyOf, Kind, kindOf, type CountEntry, type SortedCounts } from '../count/count-entry.js';
import type { Total } from '../count/corpus-counter.js';
import { hasWord } from '../text/bounded-text.js';
import { best, type Best } from './best.js';
import { largestInformation, pointwiseInformation } from './pointwise-information.js';
import type { Query, QuerySource } from './query-list.js';

export interface QuerySettings {
  /** Least occurrences of a word, of a bigram, and least views of a title. */
  readonly wordCountMin: number;
  readonly bigramCountMin: number;
  readonly titleViewsMin: number;
  /** Least pointwise mutual information of a bigram in bits; half of the largest possible if left out. */
  readonly pmiMin?: number | undefined;
  /** Most queries of each source, and in all. */
  readonly max: Readonly<Record<Exclude<QuerySource, 'list'>, number>>;
  readonly queriesMax: number;
}

export interface QuerySelection {
  readonly queries: readonly Query[];
  /** What was counted in all. */
  readonly totals: Readonly<Partial<Record<Total, number>>>;
  /** The threshold of bigrams in bits, and the largest value that one can have in this corpus. */
  readonly pmi: { readonly min: number; readonly largest: number };
  /** How many of each source reach their threshold and are not in yet, and how many of these are taken. */
  readonly sources: readonly { readonly source: QuerySource; readonly found: number; readonly taken: number }[];
}

/**
 * Chooses the queries as the CLIP paper does: words that occur often; bigrams of high pointwise mutual information;
 * titles of articles that are viewed often; names of WordNet synsets that are not in yet. Each kind by its rank (count,
 * information, views; synsets in their order) until the list is full. Titles are of articles of the corpus, if it has
 * any, and else of all page views.
 *
 * Holds in memory the words that reach one of the thresholds, the titles that reach theirs, and the best bigrams.
 * Source: Radford et al. 2021, §2.2; MetaCLIP's metadata.
 */
export async function selectQueries(
  counts: SortedCounts,
  synsets: readonly string[],
  settings: QuerySettings,
): Promise<QuerySelection> {
  const { wordCountMin, bigramCountMin, titleViewsMin, max, queriesMax } = settings;
  const totals: Partial<Record<Total, number>> = {};
  const words = new Map<string, number>();
  const views = new Map<string, number>();
  const articles = new Set<string>();
  const bests = { word: best(max.word), bigram: best(Math.min(max.bigram, queriesMax)), title: best(max.title) };
  let pmi: QuerySelection['pmi'] | undefined;

  function take(entry: CountEntry): void {
    const [key, { count }] = [keyOf(entry), entry];
    switch (kindOf(entry)) {
      case Kind.total:
        totals[key as Total] = count;
        break;
      case Kind.word:
        if (count >= Math.min(wordCountMin, bigramCountMin)) words.set(key, count);
        if (count >= wordCountMin) bests.word.offer({ text: key, source: 'word', count }, count);
        break;
      case Kind.bigram:
        pmi ??= thresholdOf(totals.words ?? 0, settings);
        if (count >= bigramCountMin) takeBigram(key, count, pmi.min);
        break;
      case Kind.views:
        if (count >= titleViewsMin) views.set(key, count);
        break;
      case Kind.article:
        if (views.has(key)) articles.add(key);
    }
  }

  function takeBigram(key: string, count: number, pmiMin: number): void {
    const { first, second, text } = bigramOf(key);
    const score = pointwiseInformation(count, words.get(first)!, words.get(second)!, totals.words!);
    const isWord = (words.get(text) ?? 0) >= wordCountMin;
    if (score >= pmiMin && !isWord) bests.bigram.offer({ text, source: 'bigram', count, pmi: score }, score);
  }

  for await (const batch of counts) for (const entry of batch) take(entry);
  requireOneSegmenter(totals);
  const queries: Query[] = [];
  const taken = new Set<string>();
  const sources = [listed('word', bests.word), listed('bigram', bests.bigram)];
  for (const [text, count] of views)
    if (isTitle(text) && !taken.has(text)) bests.title.offer({ text, source: 'title', count }, count);
  sources.push(listed('title', bests.title));
  const rest = best(max.wordnet);
  synsets.forEach((text, at) => {
    if (!taken.has(text)) rest.offer({ text, source: 'wordnet', count: 0 }, -at);
  });
  sources.push(listed('wordnet', rest));
  if (queries.length === 0) throw noQueries(totals, settings);
  return { queries, totals, pmi: pmi ?? thresholdOf(totals.words ?? 0, settings), sources };

  /** Without a dump nobody knows which names with a colon are articles, and which are files or talk. */
  function isTitle(text: string): boolean {
    return hasWord(text) && (totals.articles === undefined ? !text.includes(':') : articles.has(text));
  }

  function listed(source: QuerySource, from: Best): QuerySelection['sources'][number] {
    const chosen = from.list().slice(0, queriesMax - queries.length);
    for (const query of chosen) taken.add(query.text);
    queries.push(...chosen);
    return { source, found: from.offered, taken: chosen.length };
  }
}

function requireOneSegmenter(totals: QuerySelection['totals']): void {
  const segmenters = Object.keys(totals).filter((total) => total.startsWith('words by '));
  if (segmenters.length < 2) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      'Expected counts of words that one program found in scripts without gaps, got ' +
      `${segmenters.map((total) => total.replace('words by ', '')).join(' and ')}.`,
    help: 'Count all parts with the same version of Node.',
  });
}

function thresholdOf(words: number, { pmiMin, bigramCountMin }: QuerySettings): QuerySelection['pmi'] {
  const largest = largestInformation(words, bigramCountMin);
  if (pmiMin === undefined || pmiMin <= largest || words === 0) return { min: pmiMin ?? largest / 2, largest };
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Expected a least pointwise mutual information that a bigram can have, got ${pmiMin}: in a corpus of ` +
      `${words.toLocaleString('en')} words the largest of a bigram that occurs ${bigramCountMin} times is ` +
      `log2(${words} / ${bigramCountMin}) = ${largest.toFixed(2)}.`,
    help: 'Leave out --pmi-min for half of that, or name less. 0 takes all bigrams that are more frequent than chance.',
  });
}

function noQueries(totals: QuerySelection['totals'], { wordCountMin }: QuerySettings): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected queries, got none: no word of ${totals.words ?? 0} occurs ${wordCountMin} times.`,
    help: 'Name more text, or lower --word-count-min and the other thresholds.',
  });
}
