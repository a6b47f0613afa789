export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Moving mean over up to `window` points centred on each; at the ends over those that are there. */
export function smooth(points: readonly Point[], window: number): Point[] {
  const sums = new Float64Array(points.length + 1);
  points.forEach(({ y }, index) => (sums[index + 1] = sums[index]! + y));
  const half = Math.floor(window / 2);
  return points.map(({ x }, index) => {
    const from = Math.max(0, index - half);
    const to = Math.min(points.length, index + half + 1);
    return { x, y: (sums[to]! - sums[from]!) / (to - from) };
  });
}

/**
 * At most `count` points that draw as the whole does: of each bucket of neighbours the lowest and the highest are kept,
 * so that no spike is lost; first and last always stay.
 */
export function thin(points: readonly Point[], count: number): readonly Point[] {
  if (points.length <= count) return points;
  const buckets = Math.max(1, Math.floor((count - 2) / 2));
  const kept = new Set<number>([0, points.length - 1]);
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    const from = Math.floor((bucket * points.length) / buckets);
    const to = Math.floor(((bucket + 1) * points.length) / buckets);
    let low = from;
    let high = from;
    for (let index = from; index < to; index += 1) {
      if (points[index]!.y < points[low]!.y) low = index;
      if (points[index]!.y > points[high]!.y) high = index;
    }
    kept.add(low).add(high);
  }
  return [...kept].sort((a, b) => a - b).map((index) => points[index]!);
}
