import type { RunConfig } from '#protocol/run/run-config.js';

/** Bytes and steps that a journal may have at least, however large the gradients are. */
const journalBytesMax = 2 ** 30;
const journalStepsMin = 16;

/**
 * The most steps from one checkpoint to the next: `everySteps`, or fewer before the journal takes more disk than it
 * may. So what a run that ends early keeps has a limit.
 */
export function checkpointInterval({ checkpoint }: Pick<RunConfig, 'checkpoint'>, gradientBytes: number): number {
  return Math.min(checkpoint.everySteps, Math.max(journalStepsMin, Math.floor(journalBytesMax / gradientBytes)));
}
