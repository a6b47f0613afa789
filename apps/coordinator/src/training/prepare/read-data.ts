import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { startThread } from '#threads/thread-client.js';
import type { DataCall, DataFacts, DataResults } from './data-message.js';

/**
 * Reads what the preparation of a run needs of its training data, in a thread of its own. Throws NOT_FOUND and
 * DATA_INVALID for the data set, CONFIG_INVALID if it does not allow the document's sampling, and CANCELLED at once if
 * `signal` is aborted.
 */
export async function readData(call: Omit<DataCall, 'kind'>, signal?: AbortSignal): Promise<DataFacts> {
  const thread = startThread<DataCall, DataResults>({
    entry: new URL('./data-thread.js', import.meta.url),
    failure: (message) =>
      new TandemError({
        code: ErrorCode.Internal,
        message: `The thread that reads the training data failed: ${message}`,
      }),
  });
  const stop = (): void => void thread.close();
  signal?.addEventListener('abort', stop, { once: true });
  try {
    if (signal?.aborted) throw cancelled();
    const answer = await thread.call({ kind: 'read', ...call });
    if ('failed' in answer) throw TandemError.fromWire(answer.failed);
    return answer;
  } catch (error) {
    throw signal?.aborted ? cancelled() : error;
  } finally {
    signal?.removeEventListener('abort', stop);
    await thread.close();
  }
}

function cancelled(): TandemError {
  return new TandemError({ code: ErrorCode.Cancelled, message: 'The run was stopped while its data set was read.' });
}
