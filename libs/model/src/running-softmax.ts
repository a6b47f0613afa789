/** Σ exp(x) over the numbers seen so far, for each of many rows, held as max and Σ exp(x − max) so that nothing overflows. */
export interface RunningSoftmax {
  readonly max: Float64Array;
  readonly sum: Float64Array;
}

/** No number seen yet. */
export function runningSoftmax(rows: number): RunningSoftmax {
  return { max: new Float64Array(rows).fill(-Infinity), sum: new Float64Array(rows) };
}

/**
 * Take in the max and Σ exp(x − max) of further numbers of the rows from `start` on. Merged in float64, in the order of
 * the calls. Source: Milakov & Gimelshein 2018, §3.1.
 */
export function mergeInto(running: RunningSoftmax, start: number, max: Float32Array, sum: Float32Array): void {
  for (let i = 0; i < max.length; i++) {
    const before = running.max[start + i] as number;
    const after = Math.max(before, max[i] as number);
    const seen = (running.sum[start + i] as number) * Math.exp(before - after);
    running.max[start + i] = after;
    running.sum[start + i] = seen + (sum[i] as number) * Math.exp((max[i] as number) - after);
  }
}

/** A row's softmax once its own number x, which was kept out of the running sum, is known too. */
export interface OwnShare {
  /** −ln of the own number's share. */
  readonly loss: number;
  /** Share of all other numbers together: 1 − exp(−loss) without the cancellation. */
  readonly othersShare: number;
  /** Largest number of the row, own one included: a float32. */
  readonly max: number;
  /** Σ exp(x − max) over the row, own number included. */
  readonly sum: number;
  /** Is the own number larger than every other? */
  readonly largest: boolean;
}

/** The softmax of row `i` with its own number `own` added. */
export function ownShare(others: RunningSoftmax, i: number, own: number): OwnShare {
  const othersMax = others.max[i] as number;
  const max = Math.max(othersMax, own);
  const othersSum = (others.sum[i] as number) * Math.exp(othersMax - max);
  const sum = othersSum + Math.exp(own - max);
  return {
    loss: own === max ? Math.log1p(othersSum) : max - own + Math.log(sum),
    othersShare: othersSum / sum,
    max,
    sum,
    largest: own > othersMax,
  };
}
