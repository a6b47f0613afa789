import type { LeftOut } from '#corpus/source/left-out.js';
import type { Query } from '#corpus/queries/query-list.js';
import type { QuerySelection } from '#corpus/queries/select-queries.js';
import { duration, whole } from '#report/figures.js';
import type { CommandLine } from '../terminal/command-line.js';
import { table } from '../terminal/table.js';

export interface CountedOutcome {
  readonly countsOut: string;
  readonly leftOut: readonly LeftOut[];
  readonly seconds: number;
}

export function countedText({ countsOut, leftOut, seconds }: CountedOutcome, command: CommandLine): string {
  return [
    `counts in ${countsOut}, after ${duration(seconds)}`,
    ...leftOutLines(leftOut),
    'Next, when all parts are counted:',
    `  ${command('dataset', 'queries', countsOut, '--out', 'queries.tsv')}`,
  ].join('\n');
}

export interface QueriesOutcome extends Omit<QuerySelection, 'queries'> {
  readonly queries: number;
  readonly out: string;
  readonly leftOut: readonly LeftOut[];
  readonly seconds: number;
}

const names = { word: 'words', bigram: 'bigrams', title: 'titles', wordnet: 'WordNet', list: 'list' };

/** What was counted, what became queries, and the next command. */
export function queriesText(outcome: QueriesOutcome, queries: readonly Query[], command: CommandLine): string {
  const { out, totals, pmi, sources, leftOut, seconds } = outcome;
  const articles = totals.articles === undefined ? '' : `, ${whole(totals.articles)} articles`;
  const rows = sources.map(({ source, found, taken }) => [
    `  ${names[source]}`,
    whole(found),
    whole(taken),
    queries
      .filter((query) => query.source === source)
      .slice(0, 4)
      .map(({ text }) => text)
      .join(', '),
  ]);
  return [
    `${whole(outcome.queries)} queries in ${out}, after ${duration(seconds)}`,
    `  counted: ${whole(totals.words ?? 0)} words in ${whole(totals.lines ?? 0)} lines${articles}`,
    `  bigrams: pointwise mutual information of at least ${pmi.min.toFixed(1)} bits; the largest possible is ` +
      `${pmi.largest.toFixed(1)}`,
    table([['  source', 'found', 'taken', 'first'], ...rows], [1, 2]),
    ...leftOutLines(leftOut),
    'Next:',
    `  ${command('dataset', 'curate', 'PAIRS', 'TARGET', '--queries', out)}`,
  ].join('\n');
}

/** What was left out, with its first places. */
export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  return leftOut.map(({ what, count, examples }, at) => {
    const more = count > examples.length ? ', …' : '';
    return `  ${(at === 0 ? 'left out' : '').padEnd(8)}  ${whole(count)}: ${what}  (${examples.join(', ')}${more})`;
  });
}
