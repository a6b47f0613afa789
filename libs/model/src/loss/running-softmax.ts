/**
 * Σ exp(x) over the numbers seen so far, for each of many rows, held as max and Σ exp(x − max) so that nothing
 * overflows.
 */
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

/** The softmax of every row once its own number, which was kept out of the running sum, is known too. */
export interface SoftmaxProbabilities {
  /** −ln of the own number's share. */
  readonly loss: Float64Array;
  /** Share of all other numbers together: 1 − exp(−loss) without the cancellation. */
  readonly othersShare: Float64Array;
  /** Largest number of the row, own one included. */
  readonly max: Float32Array;
  /** Σ exp(x − max) over the row, own number included. */
  readonly sum: Float64Array;
  /** Rows whose own number is larger than every other. */
  readonly largest: number;
}

/** The softmax of every row with its own number added. */
export function softmaxProbabilities(
  { max: othersMax, sum: othersSum }: RunningSoftmax,
  own: Float64Array,
): SoftmaxProbabilities {
  const rows = own.length;
  const shares = {
    loss: new Float64Array(rows),
    othersShare: new Float64Array(rows),
    max: new Float32Array(rows),
    sum: new Float64Array(rows),
  };
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    const [x, other] = [own[i] as number, othersMax[i] as number];
    const max = Math.max(other, x);
    const others = (othersSum[i] as number) * Math.exp(other - max);
    const sum = others + Math.exp(x - max);
    shares.loss[i] = x === max ? Math.log1p(others) : max - x + Math.log(sum);
    shares.othersShare[i] = others / sum;
    shares.max[i] = max;
    shares.sum[i] = sum;
    if (x > other) largest++;
  }
  return { ...shares, largest };
}
