import { runStatusBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '../get-at-most.js';
import type { Store } from '../store.js';
import { urlOf } from '../store-url.js';
import { runKeys, runsPrefix } from './keys.js';

/** Statuses that are read at once: enough to hide the time that a store takes to answer, and few to hold in memory. */
export const statusReadsMax = 32;

/**
 * Every status that the store holds, in the order of the runs' ids. Reads at most `statusReadsMax` at once. Leaves out
 * what cannot be read and reports it to `refuse`.
 */
export async function* readStatuses(store: Store, refuse: (error: TandemError) => void): AsyncGenerator<RunStatus> {
  const reading: Promise<RunStatus | TandemError>[] = [];
  async function* next(): AsyncGenerator<RunStatus> {
    const status = await reading.shift()!;
    if (status instanceof TandemError) refuse(status);
    else yield status;
  }
  for await (const key of store.list(runsPrefix)) {
    const run = key.split('/')[1];
    if (run === undefined || key !== runKeys(run).status) continue;
    reading.push(readStatus(store, key));
    if (reading.length >= statusReadsMax) yield* next();
  }
  while (reading.length > 0) yield* next();
}

/** Never rejects: what cannot be read is an answer too. */
async function readStatus(store: Store, key: string): Promise<RunStatus | TandemError> {
  try {
    return runStatusSchema.parse(parseJson(await getAtMost(store, key, runStatusBytesMax)));
  } catch (cause) {
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
