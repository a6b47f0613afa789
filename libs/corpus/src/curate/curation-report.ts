import type { Query } from '../queries/query-list.js';
import type { Curation, CurationRule } from './curation.js';
import { tailShare } from './keep-limits.js';
import type { MatchedPairs } from './matched-pairs.js';

/** What curation did to the queries. Head: queries with at least `perQuery` pairs before; tail: the others. */
export interface CurationReport extends CurationRule {
  readonly seed: number;
  readonly ignoreCase: boolean;
  readonly pairs: number;
  readonly matchedPairs: number;
  readonly keptPairs: number;
  readonly queries: number;
  /** Queries that a pair matches, and of these the head. */
  readonly queriesHit: number;
  readonly queriesHead: number;
  readonly before: QueryShares;
  readonly after: QueryShares;
  /** Queries by their pairs: 1, 2 to 3, 4 to 7, … */
  readonly histogram: { readonly from: number; readonly before: number; readonly after: number }[];
}

/** How the matches of pairs and queries are spread. */
export interface QueryShares {
  readonly matches: number;
  /** The share of matches that queries of the tail have. */
  readonly tailShare: number;
  /** Pairs of the query that has most. */
  readonly most: number;
}

export function curationReport(
  matched: MatchedPairs,
  curation: Curation,
  rule: CurationRule,
  { seed, ignoreCase, counts }: { seed: number; ignoreCase: boolean; counts: ArrayLike<number> },
): CurationReport {
  const hit = Array.from(counts, (count) => count > 0);
  return {
    method: rule.method,
    perQuery: rule.perQuery,
    seed,
    ignoreCase,
    pairs: matched.pairs,
    matchedPairs: matched.matched,
    keptPairs: curation.keptPairs,
    queries: counts.length,
    queriesHit: hit.filter(Boolean).length,
    queriesHead: hit.filter((_, query) => counts[query]! >= rule.perQuery).length,
    before: sharesOf(matched.counts, counts, rule.perQuery),
    after: sharesOf(curation.counts, counts, rule.perQuery),
    histogram: histogramOf(matched.counts, curation.counts),
  };
}

function sharesOf(of: Uint32Array, counts: ArrayLike<number>, t: number): QueryShares {
  return {
    matches: of.reduce((sum, count) => sum + count, 0),
    tailShare: tailShare(counts, t, of),
    most: of.reduce((most, count) => Math.max(most, count), 0),
  };
}

function histogramOf(before: Uint32Array, after: Uint32Array): CurationReport['histogram'] {
  const binOf = (count: number): number => Math.floor(Math.log2(count));
  const most = before.reduce((bin, count) => (count > 0 ? Math.max(bin, binOf(count)) : bin), 0);
  const bins = Array.from({ length: most + 1 }, (_, bin) => ({ from: 2 ** bin, before: 0, after: 0 }));
  for (const count of before) if (count > 0) bins[binOf(count)]!.before++;
  for (const count of after) if (count > 0) bins[binOf(count)]!.after++;
  return bins;
}

/** A row for each query that a pair matches: its pairs before and after. Columns with tabs between. */
export function queryCountsText(
  queries: readonly Query[],
  before: ArrayLike<number>,
  after: ArrayLike<number>,
): string {
  const rows = queries.flatMap(({ text, source }, at) =>
    before[at]! > 0 ? [[text, source, before[at], after[at]].join('\t')] : [],
  );
  return `${['query\tsource\tbefore\tafter', ...rows].join('\n')}\n`;
}
