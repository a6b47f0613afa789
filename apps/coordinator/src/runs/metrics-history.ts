import { z } from 'zod';
import { stepMetricsSchema, type StepMetrics } from '#protocol/run/run-status.js';
import { parseJson } from '#protocol/input/json-text.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';

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
    const lines = new TextDecoder()
      .decode(blobs[checkpointBlobs.metrics])
      .split('\n')
      .filter((line) => line !== '');
    return z.array(stepMetricsSchema).parse(lines.map((line) => parseJson(line)));
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
