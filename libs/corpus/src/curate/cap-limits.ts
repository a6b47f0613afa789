import type { KeepLimits } from './keep-limits.js';

/**
 * Finds the limits by which each query keeps `cap` of its pairs, those with the lowest draws: a sample without
 * replacement of that size, as a reservoir gives, that does not depend on the order of pairs. Exact, in memory that
 * does not grow with the pairs: the draw sought is near cap / c, and only draws within seven standard deviations of
 * that are kept, about 14 √cap of a query of c pairs. If it is not among them, its window is widened and the draws have
 * to be offered again.
 */
export interface CapSearch {
  /** The draw of a pair for a query that it matches. To be called for all. */
  offer(query: number, draw: number): void;
  /** The limits, or undefined if all draws have to be offered again. */
  limits(): KeepLimits | undefined;
}

interface Window {
  low: number;
  high: number;
  /** Draws below the window. */
  below: number;
  draws: number[];
}

/** `counts`: pairs of each query. */
export function capSearch(counts: ArrayLike<number>, cap: number): CapSearch {
  const found = new Float64Array(counts.length).fill(1);
  const open = new Map<number, Window>();
  for (let query = 0; query < counts.length; query++)
    if (counts[query]! > cap) open.set(query, windowAround(cap, counts[query]!));
  return {
    offer(query, draw) {
      if (counts[query]! <= cap) return;
      const window = open.get(query);
      if (!window) return;
      if (draw < window.low) window.below++;
      else if (draw < window.high) window.draws.push(draw);
    },
    limits() {
      for (const [query, { low, high, below, draws }] of open) {
        const place = cap - below;
        if (place >= 0 && place < draws.length) {
          // The draw after the cap's last: what is kept is below it, so never more than the cap.
          found[query] = Float64Array.from(draws).sort()[place]!;
          open.delete(query);
        } else {
          const width = Math.max(high - low, Number.EPSILON);
          open.set(query, { low: Math.max(0, low - 8 * width), high: high + 8 * width, below: 0, draws: [] });
        }
      }
      return open.size === 0 ? found : undefined;
    },
  };
}

function windowAround(cap: number, count: number): Window {
  const middle = cap / count;
  const half = (7 * Math.sqrt(cap) + 8) / count;
  return { low: Math.max(0, middle - half), high: middle + half, below: 0, draws: [] };
}
