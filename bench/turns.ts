import type { Measurement } from './figure.js';

/** A value, and the reference measured right before or after it. */
export interface Turn {
  readonly value: number;
  readonly reference: number;
}

/** Turns in which each figure is measured. */
export const turnCount = 5;

/**
 * Measure subject and reference in turns, after one warm-up of each. The reference of a value is the mean of the
 * references right before and after it, so that other load on the machine slows both alike.
 */
export async function takeTurns({
  subject,
  reference,
  turns = turnCount,
}: {
  subject: () => Promise<number>;
  reference: () => Promise<number>;
  turns?: number;
}): Promise<Turn[]> {
  await subject();
  await reference();
  const taken: Turn[] = [];
  let before = await reference();
  while (taken.length < turns) {
    const value = await subject();
    const after = await reference();
    taken.push({ value, reference: (before + after) / 2 });
    before = after;
  }
  return taken;
}

/** Medians over the turns. The ratio is the median of the turns' ratios, not the ratio of the medians. */
export function measurementOf(name: string, unit: string, turns: readonly Turn[]): Measurement {
  return {
    name,
    value: median(turns.map(({ value }) => value)),
    unit,
    reference: median(turns.map(({ reference }) => reference)),
    ratio: median(turns.map(({ value, reference }) => value / reference)),
  };
}

/** The measurement of values that are compared with a fixed limit. */
export function measurementAgainst(limit: number, name: string, unit: string, values: readonly number[]): Measurement {
  return measurementOf(
    name,
    unit,
    values.map((value) => ({ value, reference: limit })),
  );
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('median: expected at least one value, got none');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Seconds that some work takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** Seconds of CPU time of some work in all threads of this process: what else is on the machine counts little. */
export async function cpuSecondsOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
