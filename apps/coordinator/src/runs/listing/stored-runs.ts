import { hasEnded, type RunStatus } from '#protocol/run/run-status.js';
import type { TandemError } from '#protocol/tandem-error.js';
import { runsPrefix } from '#store/run/keys.js';
import { readStatuses } from '#store/run/run-statuses.js';
import type { Store } from '#store/store.js';
import type { EndedRun } from '../retention/expired-runs.js';
import { readEndedRuns } from './ended-runs-index.js';

/** The runs of a store. */
export interface StoredRuns {
  /** Those that have not ended and the newest that have, in the order in which they came. */
  readonly listed: readonly RunStatus[];
  /** Those that have ended before. */
  readonly unlisted: readonly EndedRun[];
}

export interface StoredRunsOptions {
  readonly store: Store;
  /** This coordinator's fencing token. */
  readonly epoch: number;
  /** Ended runs that are listed. */
  readonly endedMax: number;
  /** Receives what cannot be read. */
  onError(error: TandemError): void;
}

/** Reads the statuses of all runs but the unlisted ones that the last leader's index names. */
export async function readStoredRuns({ store, epoch, endedMax, onError }: StoredRunsOptions): Promise<StoredRuns> {
  const indexed = await readEndedRuns(store, epoch - 1);
  const spared: EndedRun[] = [];
  const unlisted: EndedRun[] = [];
  async function* otherRuns(): AsyncGenerator<string> {
    for await (const id of store.folders(runsPrefix)) {
      const run = indexed.get(id);
      if (run) spared.push(run);
      else yield id;
    }
  }
  let kept: RunStatus[] = [];
  const thinOut = (): void => {
    const old = olderEnded(kept, endedMax);
    unlisted.push(...[...old].map(endedRun));
    kept = kept.filter((status) => !old.has(status));
  };
  for await (const status of readStatuses(store, otherRuns(), onError)) {
    kept.push(status);
    // Thinned out now and then, so that a store of any number of runs can be listed.
    if (kept.length > 2 * endedMax) thinOut();
  }
  // Since the index was written, runs that came later may have been removed: then older ones are listed again.
  const old = olderEnded<EndedRun>([...kept, ...spared], endedMax);
  const again = spared.filter((run) => !old.has(run)).map(({ id }) => id);
  unlisted.push(...spared.filter((run) => old.has(run)));
  for await (const status of readStatuses(store, again, onError)) kept.push(status);
  thinOut();
  return { listed: inOrder(kept), unlisted };
}

/** What is kept in memory of an ended run that is not listed. */
export function endedRun({ id, state, createdAt, endedAt, store }: RunStatus): EndedRun {
  return { id, state, createdAt, endedAt, store };
}

/** All ended runs but the newest `endedMax`. */
function olderEnded<Run extends EndedRun>(runs: readonly Run[], endedMax: number): Set<Run> {
  return new Set(inOrder(runs.filter(hasEnded)).slice(0, -endedMax));
}

function inOrder<Run extends EndedRun>(runs: readonly Run[]): Run[] {
  return runs.toSorted((left, right) => (left.createdAt < right.createdAt ? -1 : 1));
}
