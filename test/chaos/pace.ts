import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stepsPerRound } from './schedule.js';

/** How long the workers take for a result, beyond what it takes them: the run waits for a schedule that is late. */
export interface Pace {
  /** The file that workers read. */
  readonly file: string;
  /** Slows the workers down, the more the less steps the run has left for the rounds that are to come. */
  adapt(stepsLeft: number, roundsLeft: number): void;
  /** Whether workers were slowed down after `sinceMs`, in milliseconds of `performance.now()`. */
  wasSlow(sinceMs: number): boolean;
}

/** As a larger model does. */
const usualMs = 25;
/** The first of these whose spare steps are more than the run has. */
const slower = [
  { spareSteps: 0, resultMs: 2000 },
  { spareSteps: 12, resultMs: 400 },
] as const;

export function openPace(folder: string): Pace {
  const file = join(folder, 'pace');
  let resultMs = 0;
  let slowUntilMs = -Infinity;
  const set = (ms: number): void => {
    if (resultMs > usualMs) slowUntilMs = performance.now();
    if (ms === resultMs) return;
    resultMs = ms;
    writeFileSync(`${file}.new`, String(ms));
    renameSync(`${file}.new`, file); // Nobody reads half of it.
  };
  set(usualMs);
  return {
    file,
    adapt: (stepsLeft, roundsLeft) => set(resultMsFor(stepsLeft, roundsLeft)),
    wasSlow: (sinceMs) => resultMs > usualMs || slowUntilMs >= sinceMs,
  };
}

/** A pure function. */
export function resultMsFor(stepsLeft: number, roundsLeft: number): number {
  if (roundsLeft === 0) return usualMs;
  const spareSteps = stepsLeft - stepsPerRound * roundsLeft;
  return slower.find((one) => spareSteps <= one.spareSteps)?.resultMs ?? usualMs;
}
