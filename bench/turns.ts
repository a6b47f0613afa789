import type { Measurement } from './figure.js';

/** A value and the reference measured right beside it. */
export interface Turn {
  readonly value: number;
  readonly reference: number;
}

/** Turns of each measurement. */
export const TURNS = 5;

/**
 * Measure subject and reference by turns, after one unmeasured turn that touches all memory and compiles what is hot.
 * Each value is held against the mean of the references before and after it: other load on the machine slows both.
 */
export async function takeTurns({
  subject,
  reference,
  turns = TURNS,
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

/** Medians over the turns; that of the ratios is no quotient of medians. */
export function measurementOf(name: string, unit: string, turns: readonly Turn[]): Measurement {
  return {
    name,
    value: median(turns.map(({ value }) => value)),
    unit,
    reference: median(turns.map(({ reference }) => reference)),
    ratio: median(turns.map(({ value, reference }) => value / reference)),
  };
}

/** A value that is held against a fixed limit. */
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

/** Seconds that a piece of work takes. */
export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}
