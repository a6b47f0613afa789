/**
 * Σ exp(x) over the numbers seen so far, for each of many rows. It is kept as max and Σ exp(x − max), so that nothing
 * overflows.
 */
export interface RunningSoftmax {
  readonly max: Float64Array;
  readonly sum: Float64Array;
}

/** A running softmax that has seen no numbers yet. */
export function runningSoftmax(rows: number): RunningSoftmax {
  return { max: new Float64Array(rows).fill(-Infinity), sum: new Float64Array(rows) };
}

/**
 * Merges the max and Σ exp(x − max) of further numbers into the rows from `start` on, in float64 and in the order of
 * the calls. Source: Milakov & Gimelshein 2018, §3.1.
 */
export function mergeInto(running: RunningSoftmax, start: number, max: Float32Array, sum: Float32Array): void {
  for (let i = 0; i < max.length; i++) {
    const before = running.max[start + i]!;
    const after = Math.max(before, max[i]!);
    const earlier = running.sum[start + i]! * Math.exp(before - after);
    running.max[start + i] = after;
    running.sum[start + i] = earlier + sum[i]! * Math.exp(max[i]! - after);
  }
}

/** The softmax of every row, including its positive, which is not part of the running sum. */
export interface SoftmaxProbabilities {
  /** −ln of the positive's probability. */
  readonly loss: Float64Array;
  /** Probability of all other candidates together: 1 − exp(−loss), computed without cancellation. */
  readonly othersProbability: Float64Array;
  /** Largest number of the row, including the positive. */
  readonly max: Float32Array;
  /** Σ exp(x − max) over the row, including the positive. */
  readonly sum: Float64Array;
  /** Number of rows whose positive is larger than every other candidate. */
  readonly largest: number;
}

/** Adds the positive of every row to its running softmax. */
export function softmaxProbabilities(
  { max: othersMax, sum: othersSum }: RunningSoftmax,
  positives: Float64Array,
): SoftmaxProbabilities {
  const rows = positives.length;
  const probabilities = {
    loss: new Float64Array(rows),
    othersProbability: new Float64Array(rows),
    max: new Float32Array(rows),
    sum: new Float64Array(rows),
  };
  let largest = 0;
  for (let i = 0; i < rows; i++) {
    const [x, other] = [positives[i]!, othersMax[i]!];
    const max = Math.max(other, x);
    const others = othersSum[i]! * Math.exp(other - max);
    const sum = others + Math.exp(x - max);
    probabilities.loss[i] = x === max ? Math.log1p(others) : max - x + Math.log(sum);
    probabilities.othersProbability[i] = others / sum;
    probabilities.max[i] = max;
    probabilities.sum[i] = sum;
    if (x > other) largest++;
  }
  return { ...probabilities, largest };
}
