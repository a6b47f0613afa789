import type { StepMetrics } from '#protocol/run/run-status.js';

/** Values over steps: of equal lengths, the steps ascending; null where there is no value. */
export interface Curve {
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

/** One number of each step. Values that a logarithmic axis cannot show are left out if `isLog`. */
export function curveOf(steps: readonly StepMetrics[], value: (metrics: StepMetrics) => number, isLog = false): Curve {
  return {
    steps: steps.map(({ step }) => step),
    values: steps.map((metrics) => {
      const one = value(metrics);
      return Number.isFinite(one) && (!isLog || one > 0) ? one : null;
    }),
  };
}

/**
 * Exponential moving average m ← w·m + (1 − w)·y, divided by the sum of its weights so that it does not start at zero.
 * `weight` w is below 1; with 0 the curve is as it was.
 */
export function smoothed({ steps, values }: Curve, weight: number): Curve {
  if (weight === 0) return { steps, values };
  let [mean, sum] = [0, 0];
  return {
    steps,
    values: values.map((value) => {
      if (value === null) return null;
      mean = weight * mean + (1 - weight) * value;
      sum = weight * sum + (1 - weight);
      return mean / sum;
    }),
  };
}

/** Curves over all steps of any of them: one list of steps, and for each curve its values there. */
export function aligned(curves: readonly Curve[]): [number[], ...(number | null | undefined)[][]] {
  const [only] = curves;
  if (curves.length === 0 || !only) return [[]];
  if (curves.every(({ steps }) => steps === only.steps || isSame(steps, only.steps)))
    return [[...only.steps], ...curves.map(({ values }) => [...values])];
  const all = [...new Set(curves.flatMap(({ steps }) => [...steps]))].sort((left, right) => left - right);
  return [
    all,
    ...curves.map(({ steps, values }) => {
      const at = new Map(steps.map((step, index) => [step, values[index]]));
      return all.map((step) => at.get(step));
    }),
  ];
}

/** Each curve on top of those before it. */
export function stacked(curves: readonly Curve[]): Curve[] {
  let below: readonly (number | null)[] = [];
  return curves.map(({ steps, values }) => {
    below = values.map((value, at) => (value ?? 0) + (below[at] ?? 0));
    return { steps, values: below };
  });
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((step, at) => step === right[at]);
}
