import { ascending, cumsum, maxIndex, minIndex, pairs, range } from 'd3-array';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Moving mean over up to `window` points centred on each point; near the ends, over those that exist. */
export function smooth(points: readonly Point[], window: number): Point[] {
  const sums = cumsum(points, ({ y }) => y);
  const half = Math.floor(window / 2);
  return points.map(({ x }, index) => {
    const from = Math.max(0, index - half);
    const to = Math.min(points.length, index + half + 1);
    return { x, y: (sums[to - 1]! - (sums[from - 1] ?? 0)) / (to - from) };
  });
}

/**
 * At most `count` points that draw the same line. Neighbours are grouped into buckets, and the lowest and highest point
 * of each bucket are kept, so no spike is lost. The first and last point always stay.
 */
export function thin(points: readonly Point[], count: number): readonly Point[] {
  if (points.length <= count) return points;
  const buckets = Math.max(1, Math.floor((count - 2) / 2));
  const edges = range(buckets + 1).map((bucket) => Math.floor((bucket * points.length) / buckets));
  const kept = new Set<number>([0, points.length - 1]);
  for (const [from, to] of pairs(edges)) {
    const heights = points.slice(from, to).map(({ y }) => y);
    kept.add(from + minIndex(heights)).add(from + maxIndex(heights));
  }
  return [...kept].sort(ascending).map((index) => points[index]!);
}
