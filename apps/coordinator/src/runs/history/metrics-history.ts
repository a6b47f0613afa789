import { LRUCache } from 'lru-cache';
import type { MetricsPage, RunStatus, StepMetrics } from '#protocol/run/run-status.js';
import { thinnedPlaces } from '#protocol/history/thinned-steps.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { latestCheckpoint, readCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs, runKeys } from '#store/run/keys.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import { firstPlace, followedBy, stepsOfLines, stepsOfList, type ListedSteps } from './listed-steps.js';

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
export async function checkpointSteps(store: Store, run: string): Promise<ListedSteps> {
  const newest = await latestCheckpoint(store, runKeys(run).checkpoints);
  if (!newest) return stepsOfList([]);
  const { blobs } = await readCheckpoint(store, newest.folder, [checkpointBlobs.metrics]);
  const refuse = (cause: unknown): never => {
    throw unreadable(urlOf(store, `${newest.folder}/${checkpointBlobs.metrics}`), cause);
  };
  const listed = await inTurns(stepsOfLines(blobs[checkpointBlobs.metrics]!)).catch(refuse);
  return {
    ...listed,
    at(place) {
      try {
        return listed.at(place);
      } catch (cause) {
        return refuse(cause);
      }
    },
  };
}

function unreadable(url: string, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Metrics: expected one step's metrics a line in ${url}, got ${
      cause instanceof Error ? cause.message : String(cause)
    }`,
    help: 'The checkpoint was written by another version of Tandem.',
    cause,
  });
}

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
  const listed =
    from < first && status.checkpoint !== null ? withOlder(await olderSteps(run), first, kept) : stepsOfList(kept);
  const start = firstPlace(listed, from);
  const count = Math.max(0, Math.min(firstPlace(listed, to + 1) - start, limit ?? Infinity));
  const places =
    points === undefined
      ? Array.from({ length: count }, (_, at) => at)
      : thinnedPlaces(
          Float64Array.from({ length: count }, (_, at) => listed.lossAt(start + at)),
          points,
        );
  const metrics = await inTurns(metricsAt(listed, start, places));
  const next = (metrics.at(-1)?.step ?? from - 1) + 1;
  const evaluations = status.evaluations.filter(({ step }) => step >= from && step < next);
  return { run: status.id, metrics, evaluations, next };
}

function withOlder(older: ListedSteps, first: number, kept: readonly StepMetrics[]): ListedSteps {
  return kept.length === 0 ? older : followedBy(older, firstPlace(older, first), stepsOfList(kept));
}

function* metricsAt(listed: ListedSteps, start: number, places: readonly number[]): Pausable<StepMetrics[]> {
  const metrics: StepMetrics[] = [];
  for (const place of places) {
    metrics.push(listed.at(start + place));
    if (metrics.length % stepsBetweenPauses === 0) yield;
  }
  return metrics;
}

/** They take about a millisecond. */
const stepsBetweenPauses = 64;

/** The steps of the newest checkpoints that were asked for: readers come back for page after page. */
const readSteps = new LRUCache<string, ListedSteps, MeasuredRun>({
  max: 4,
  fetchMethod: (_key, _stale, { context: { store, status } }) => checkpointSteps(store, status.id),
});

async function olderSteps(run: MeasuredRun): Promise<ListedSteps> {
  const { store, status } = run;
  return readSteps.forceFetch(`${store.url} ${status.id} ${status.checkpoint}`, { context: run });
}
