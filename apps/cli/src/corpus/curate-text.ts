import type { CurationReport } from '#corpus/curate/curation-report.js';
import type { LeftOut } from '#corpus/source/left-out.js';
import { duration, percent, whole } from '#report/figures.js';
import type { CommandLine } from '../terminal/command-line.js';
import { placeText } from '../terminal/place-text.js';
import { table } from '../terminal/table.js';
import type { Written } from './curation-place.js';
import { leftOutLines } from './queries-text.js';

export interface CurateOutcome extends CurationReport, Written {
  readonly leftOut: readonly LeftOut[];
  readonly seconds: number;
}

/** How many pairs are kept, what that does to frequent and rare queries, and the next command. */
export function curateText(outcome: CurateOutcome, command: CommandLine): string {
  const { url, pairs, matchedPairs, keptPairs, queries, queriesHit, queriesHead, perQuery, before, after } = outcome;
  const place = placeText(url);
  const reports = placeText(outcome.reports.url);
  const row = (name: string, pick: (shares: CurationReport['before']) => string): string[] => [
    `  ${name}`,
    pick(before),
    pick(after),
  ];
  return [
    `${whole(keptPairs)} of ${whole(pairs)} pairs in ${place}, after ${duration(outcome.seconds)}`,
    `  ${whole(pairs - matchedPairs)} match no query, ${whole(matchedPairs - keptPairs)} were not drawn`,
    `  ${whole(queriesHit)} of ${whole(queries)} queries are matched, ${whole(queriesHead)} of them by ` +
      `${whole(perQuery)} pairs or more (the head)`,
    table(
      [
        ['', 'before', 'after'],
        row('matches of pairs and queries', ({ matches }) => whole(matches)),
        row('of the head', ({ matches, tailShare }) => (matches === 0 ? '' : percent(1 - tailShare))),
        row('of the tail', ({ matches, tailShare }) => (matches === 0 ? '' : percent(tailShare))),
        row('pairs of the most frequent query', ({ most }) => whole(most)),
      ],
      [1, 2],
    ),
    ...leftOutLines(outcome.leftOut),
    `  report: ${reports}/report.json, queries.tsv and histogram.png`,
    'Next:',
    outcome.kind === 'table'
      ? `  ${command('dataset', 'prepare', place, 'TARGET')}`
      : `  ${command('train', '--recipe', 'small', '--data', place)}   # writes run.yaml`,
  ].join('\n');
}

export interface CountedMatches {
  readonly countsOut: string;
  readonly pairs: number;
  readonly matched: number;
  readonly seconds: number;
}

export function countedMatchesText(counted: CountedMatches, source: string, command: CommandLine): string {
  const { countsOut, pairs, matched, seconds } = counted;
  return [
    `${whole(pairs)} pairs, of which ${whole(matched)} match a query: counts in ${countsOut}, ` +
      `after ${duration(seconds)}`,
    'Next, for each part, with the counts of all:',
    `  ${command('dataset', 'curate', source, 'TARGET', '--method', 'balance', '--counts', countsOut)}`,
  ].join('\n');
}
