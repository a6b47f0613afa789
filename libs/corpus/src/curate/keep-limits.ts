/**
 * How a pair is kept: if for any query that it matches its draw is below the query's limit. So of a query with the
 * limit 1 every pair is kept. [queries]
 */
export type KeepLimits = Float64Array;

/**
 * MetaCLIP's balancing: a query of c pairs has the limit min(1, t / c), so that a pair is kept with the probability
 * 1 − Π(1 − min(1, t / c)) over the queries that it matches. Source: Xu et al. 2024, Algorithm 1.
 */
export function balanceLimits(counts: ArrayLike<number>, t: number): KeepLimits {
  return Float64Array.from(counts, (count) => Math.min(1, t / Math.max(count, 1)));
}

/**
 * The t at which queries with fewer than t pairs have this share of all matches: the number of pairs of the first
 * query, from the rarest on, with which the sum reaches it. Source: MetaCLIP, p_to_t.
 */
export function thresholdOfTail(counts: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(counts).sort();
  const wanted = share * sorted.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  for (const count of sorted) {
    sum += count;
    if (sum >= wanted && count > 0) return count;
  }
  return 1;
}

/** The share of matches that queries with fewer than t pairs have: Σ over c < t of c / Σ c; 0 if there are none. */
export function tailShare(counts: ArrayLike<number>, t: number, of: ArrayLike<number> = counts): number {
  let [tail, all] = [0, 0];
  for (let query = 0; query < counts.length; query++) {
    all += of[query]!;
    if (counts[query]! < t) tail += of[query]!;
  }
  return all === 0 ? 0 : tail / all;
}
