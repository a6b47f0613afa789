import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { capSearch } from './cap-limits.js';
import { balanceLimits, type KeepLimits } from './keep-limits.js';
import type { MatchedPairs } from './matched-pairs.js';
import type { PairDraws, PairWords } from './pair-draws.js';

/** How many pairs of a query are kept: at most `perQuery` each, or about as many of each by MetaCLIP's balancing. */
export interface CurationRule {
  readonly method: 'cap' | 'balance';
  readonly perQuery: number;
}

/** Which pairs are kept. */
export interface Curation {
  /** 1 at the place of a pair that is kept: [pairs]. */
  readonly kept: Uint8Array;
  readonly keptPairs: number;
  /** Kept pairs that match each query, for whatever query they were kept: [queries]. */
  readonly counts: Uint32Array;
}

/**
 * Decides for each pair. Pairs that match no query are not kept. `counts`: pairs of each query in the whole of the
 * data, of which these pairs may be a part; only balancing can go by parts, because the cap compares draws of all.
 */
export function curatePairs(
  matched: MatchedPairs,
  { method, perQuery }: CurationRule,
  draws: PairDraws,
  counts: ArrayLike<number> = matched.counts,
): Curation {
  const limits = method === 'balance' ? balanceLimits(counts, perQuery) : capLimits(matched, perQuery, draws);
  const kept = new Uint8Array(matched.pairs);
  const isKept = (pair: PairWords, matches: Uint32Array): boolean => {
    for (const query of matches) {
      const limit = limits[query]!;
      if (limit >= 1 || draws.uniform(pair, query) < limit) return true;
    }
    return false;
  };
  const countsKept = new Uint32Array(matched.counts.length);
  let [at, keptPairs] = [0, 0];
  matched.spool.forEach((pair, matches) => {
    if (isKept(pair, matches)) {
      kept[at] = 1;
      keptPairs++;
      for (const query of matches) countsKept[query]!++;
    }
    at++;
  });
  if (keptPairs === 0) throw nothingKept(matched);
  return { kept, keptPairs, counts: countsKept };
}

function capLimits({ counts, spool }: MatchedPairs, cap: number, draws: PairDraws): KeepLimits {
  const search = capSearch(counts, cap);
  for (let limits = search.limits(); ; limits = search.limits()) {
    if (limits) return limits;
    spool.forEach((pair, matches) => {
      for (const query of matches) if (counts[query]! > cap) search.offer(query, draws.uniform(pair, query));
    });
  }
}

function nothingKept({ pairs, matched }: MatchedPairs): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected pairs to keep, got none: of ${pairs} pairs ${matched} match a query.`,
    help:
      matched === 0
        ? 'Queries match whole words as they are written: --ignore-case takes capitals for small letters.'
        : 'Keep more for each query: raise --per-query.',
  });
}
