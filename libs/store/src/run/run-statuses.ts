import { runStatusBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '../get-at-most.js';
import type { Store } from '../store.js';
import { urlOf } from '../store-url.js';
import { runKeys } from './keys.js';

/** Statuses that are read at once: enough to hide the time that a store takes to answer, and few to hold in memory. */
export const statusReadsMax = 32;

/**
 * The statuses of these runs, in their order. Reads at most `statusReadsMax` at once. Leaves out runs that have none,
 * and what cannot be read, which it reports to `refuse`.
 */
export async function* readStatuses(
  store: Store,
  runs: AsyncIterable<string> | Iterable<string>,
  refuse: (error: TandemError) => void,
): AsyncGenerator<RunStatus> {
  const reading: Promise<RunStatus | TandemError | undefined>[] = [];
  async function* next(): AsyncGenerator<RunStatus> {
    const status = await reading.shift()!;
    if (status instanceof TandemError) refuse(status);
    else if (status) yield status;
  }
  for await (const run of runs) {
    reading.push(readStatus(store, run));
    if (reading.length >= statusReadsMax) yield* next();
  }
  while (reading.length > 0) yield* next();
}

/** The status of a run; undefined if it has none. Never rejects: what cannot be read is an answer too. */
export async function readStatus(store: Store, run: string): Promise<RunStatus | TandemError | undefined> {
  const key = runKeys(run).status;
  try {
    return runStatusSchema.parse(parseJson(await getAtMost(store, key, runStatusBytesMax)));
  } catch (cause) {
    if (cause instanceof TandemError && cause.code === ErrorCode.NotFound) return undefined;
    return new TandemError({
      code: ErrorCode.StoreFailed,
      message:
        `Run status: expected a status in ${urlOf(store, key)}, got ` +
        `${cause instanceof Error ? cause.message : String(cause)}`,
      help: 'The run is not listed. Its checkpoints are not touched.',
      cause,
    });
  }
}
