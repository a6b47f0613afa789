/**
 * How many pairs of each source the first `rows` rows of a run hold: the largest source has what the others leave, and
 * each of these its share, rounded down. So every batch has the same mixture to within a pair, and none is ever short.
 */
export function pairsTaken(weights: readonly number[], rows: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const largest = weights.indexOf(Math.max(...weights));
  const taken = weights.map((weight) => Math.floor((rows * weight) / total));
  taken[largest] = rows - taken.reduce((sum, count, source) => (source === largest ? sum : sum + count), 0);
  return taken;
}

/** A row of a batch: which source it is drawn from, and its number among the rows of that source. */
export interface MixedRow {
  readonly source: number;
  readonly number: number;
}

/**
 * Spreads the rows of each source evenly over a batch, so that each of its shards has the mixture of the whole, and the
 * rows of a source stay in their order. `counts`: rows of each source.
 */
export function mixedRows(counts: readonly number[]): MixedRow[] {
  const rows = counts.flatMap((count, source) =>
    Array.from({ length: count }, (_, number) => ({ source, number, at: (number + 0.5) / count })),
  );
  return rows.sort((one, other) => one.at - other.at || one.source - other.source);
}
