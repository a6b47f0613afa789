import { runStatusBytesMax } from '#protocol/input/input-limits.js';
import { parseJson } from '#protocol/input/json-text.js';
import { runStatusSchema, type RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { getAtMost } from '../get-at-most.js';
import type { Store } from '../store.js';
import { urlOf } from '../store-url.js';
import { runKeys, runsPrefix } from './keys.js';

/** Every status that the store holds, one after another. Leaves out what cannot be read and reports it to `refuse`. */
export async function* readStatuses(store: Store, refuse: (error: TandemError) => void): AsyncGenerator<RunStatus> {
  for await (const key of store.list(runsPrefix)) {
    const run = key.split('/')[1];
    if (run === undefined || key !== runKeys(run).status) continue;
    const status = await readStatus(store, key);
    if (status instanceof TandemError) refuse(status);
    else yield status;
  }
}

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
