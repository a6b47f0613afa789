import { range, ticks, tickStep } from 'd3-array';

/**
 * Ticks of an axis of values, from 0 to the first tick at or above `highest`: about four intervals of 1, 2 or 5 times a
 * power of ten. The axis ends on its last tick, so no value lies above it.
 */
export function valueTicks(highest: number): number[] {
  const top = highest || 1;
  const step = tickStep(0, top, 4);
  // Rounding may leave a value that is itself a tick slightly above it.
  const intervals = Math.ceil(top / step - 1e-9);
  return ticks(0, (intervals + 0.5) * step, intervals);
}

/** Ticks of an axis that ends at step `last`: whole steps from 0 on, with at most `most` intervals between them. */
export function stepTicks(last: number, most: number): number[] {
  const choices = range(most, 0, -1).map((count) => ticks(0, last, count).filter(Number.isInteger));
  return choices.find(({ length }) => length <= most + 1) ?? [0];
}
