import { queryMatcher } from '../match/query-matcher.js';
import type { CaptionSource } from './caption-source.js';
import { matchSpool, type MatchSpool } from './match-spool.js';
import type { PairDraws } from './pair-draws.js';

/** The pairs of a source with the queries that they match. */
export interface MatchedPairs {
  readonly pairs: number;
  /** Pairs that match a query. */
  readonly matched: number;
  /** Pairs that match each query: [queries]. */
  readonly counts: Uint32Array;
  readonly spool: MatchSpool;
}

export interface MatchOptions {
  readonly ignoreCase: boolean;
  /** A folder for the matches, which take 12 bytes a pair and 4 a match. */
  readonly scratch: string;
}

/** Matches all captions, once. `onPairs` gets the number of pairs so far. */
export async function matchPairs(
  source: CaptionSource,
  queries: readonly string[],
  draws: PairDraws,
  { ignoreCase, scratch }: MatchOptions,
  onPairs: (pairs: number) => void = () => undefined,
): Promise<MatchedPairs> {
  const matcher = queryMatcher(queries, ignoreCase);
  const spool = matchSpool(scratch);
  let [pairs, matched] = [0, 0];
  try {
    for await (const batch of source()) {
      for (const { key, captions } of batch) {
        const matches = matcher.match(captions);
        spool.add(draws.pair(key), matcher.found, matches);
        pairs++;
        if (matches > 0) matched++;
      }
      onPairs(pairs);
    }
  } catch (error) {
    spool.close();
    throw error;
  }
  return { pairs, matched, counts: matcher.counts(), spool };
}
