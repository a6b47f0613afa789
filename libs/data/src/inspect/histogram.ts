/** How many values there are from one edge to the next, the last without an end. */
export interface HistogramBar {
  readonly from: number;
  readonly count: number;
}

/** Counts values into bars. */
export interface Histogram {
  add(value: number): void;
  /** Bars from the first to the last that has a value. */
  bars(): HistogramBar[];
}

/** `edges` ascend; a value below the first counts into the first bar. */
export function histogram(edges: readonly number[]): Histogram {
  const counts = new Float64Array(edges.length);
  return {
    add(value) {
      const next = edges.findIndex((edge) => edge > value);
      const at = next < 0 ? edges.length - 1 : Math.max(0, next - 1);
      counts[at] = counts[at]! + 1;
    },
    bars() {
      const first = counts.findIndex((count) => count > 0);
      const last = counts.findLastIndex((count) => count > 0);
      return edges.map((from, at) => ({ from, count: counts[at]! })).slice(Math.max(0, first), last + 1);
    },
  };
}
