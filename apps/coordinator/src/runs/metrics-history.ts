import { z } from 'zod';
import { stepMetricsSchema, type StepMetrics } from '#protocol/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { checkpointBlobs } from '#store/keys.js';
import type { Store } from '#store/store.js';

/** The committed steps of a run that trains in this process, at most `stepsMax` of them: the oldest go first. */
export interface MetricsHistory {
  add(metrics: StepMetrics): void;
  all(): readonly StepMetrics[];
}

export function metricsHistory(stepsMax: number): MetricsHistory {
  let kept: StepMetrics[] = [];
  return {
    add(metrics) {
      kept.push(metrics);
      // Cut seldom, in one go: shifting an array of this size at each step would cost more than the memory.
      if (kept.length > 1.25 * stepsMax) kept = kept.slice(-stepsMax);
    },
    all: () => kept,
  };
}

/** The steps kept with a checkpoint of `store`, none where it has none. Throws STORE_FAILED where they cannot be read. */
export async function checkpointMetrics(store: Store, checkpointUrl: string): Promise<StepMetrics[]> {
  if (!checkpointUrl.startsWith(`${store.url}/`)) return [];
  const key = `${checkpointUrl.slice(store.url.length + 1)}/${checkpointBlobs.metrics}`;
  if ((await store.size(key)) === undefined) return [];
  const text = new TextDecoder().decode(await store.get(key));
  try {
    const lines = text.split('\n').filter((line) => line !== '');
    return z.array(stepMetricsSchema).parse(lines.map((line) => JSON.parse(line) as unknown));
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.StoreFailed,
      message: `Metrics: expected one step's metrics a line in ${store.url}/${key}, got ${cause instanceof Error ? cause.message : String(cause)}`,
      help: 'The checkpoint was changed after it was written.',
      cause,
    });
  }
}
