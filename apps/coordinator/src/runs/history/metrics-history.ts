import { LRUCache } from 'lru-cache';
import { stepMetricsSchema, type MetricsPage, type RunStatus, type StepMetrics } from '#protocol/run/run-status.js';
import { thinnedSteps } from '#protocol/history/thinned-steps.js';
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

/** A run whose metrics are asked for: the newest are in memory, older ones in its newest checkpoint. */
export interface MeasuredRun {
  readonly status: RunStatus;
  readonly store: Store;
  readonly history: MetricsHistory | undefined;
}

/** Which metrics are asked for: those of the committed steps `from` to `to`, both included. */
export interface MetricsRange {
  readonly from: number;
  readonly to?: number | undefined;
  /** So many at most, from the first on. */
  readonly limit?: number | undefined;
  /** So many at most, chosen from all of them by thinnedSteps. */
  readonly points?: number | undefined;
}

export async function metricsPage(
  run: MeasuredRun,
  { from, to = Infinity, limit, points }: MetricsRange,
): Promise<MetricsPage> {
  const { status, history } = run;
  const kept = history?.all() ?? [];
  const first = kept[0]?.step ?? Infinity;
  const older = from < first && status.checkpoint !== null ? await olderMetrics(run) : [];
  const asked = [...older.filter(({ step }) => step < first), ...kept]
    .filter(({ step }) => step >= from && step <= to)
    .slice(0, limit);
  const metrics = points === undefined ? asked : [...thinnedSteps(asked, points)];
  const next = (metrics.at(-1)?.step ?? from - 1) + 1;
  const evaluations = status.evaluations.filter(({ step }) => step >= from && step < next);
  return { run: status.id, metrics, evaluations, next };
}

/** The steps of the newest checkpoints that were asked for: readers come back for page after page. */
const readMetrics = new LRUCache<string, readonly StepMetrics[], MeasuredRun>({
  max: 4,
  fetchMethod: (_key, _stale, { context: { store, status } }) => checkpointMetrics(store, status.id),
});

async function olderMetrics(run: MeasuredRun): Promise<readonly StepMetrics[]> {
  const { store, status } = run;
  return readMetrics.forceFetch(`${store.url} ${status.id} ${status.checkpoint}`, { context: run });
}
