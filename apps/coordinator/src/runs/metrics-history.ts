import { stepMetricsSchema, type StepMetrics } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { parsedJsonLines } from '#store/run/json-lines.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';

/** Metrics of a run that trains in this process: of every step or, in a long run, at least of the newest `stepsMax`. */
export interface MetricsHistory {
  add(metrics: StepMetrics): void;
  all(): readonly StepMetrics[];
}

export function metricsHistory(stepsMax: number): MetricsHistory {
  let kept: StepMetrics[] = [];
  return {
    add(metrics) {
      kept.push(metrics);
      // Cut rarely, and many at once: to shift an array of this size at each step would cost more than the memory does.
      if (kept.length > 1.25 * stepsMax) kept = kept.slice(-stepsMax);
    },
    all: () => kept,
  };
}

/**
 * The metrics in a run's newest checkpoint; none if it has no checkpoint. Throws STORE_FAILED if they cannot be read.
 */
export async function checkpointMetrics(store: Store, run: string): Promise<StepMetrics[]> {
  const newest = await latestCheckpoint(store, runKeys(run).checkpoints);
  if (!newest) return [];
  const { blobs } = await readCheckpoint(store, newest.folder, [checkpointBlobs.metrics]);
  try {
    return await inTurns(checkedMetrics(await inTurns(parsedJsonLines(blobs[checkpointBlobs.metrics]!))));
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.StoreFailed,
      message:
        `Metrics: expected one step's metrics a line in ` +
        `${urlOf(store, `${newest.folder}/${checkpointBlobs.metrics}`)}, got ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      help: 'The checkpoint was written by another version of Tandem.',
      cause,
    });
  }
}

function* checkedMetrics(values: readonly unknown[]): Pausable<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for (const [at, value] of values.entries()) {
    metrics.push(stepMetricsSchema.parse(value));
    if (at % stepsBetweenPauses === 0) yield;
  }
  return metrics;
}

/** Takes about a millisecond. */
const stepsBetweenPauses = 256;
