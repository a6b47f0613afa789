import { parentPort } from 'node:worker_threads';
import type { ThreadRequest, ThreadResponse } from './thread-client.js';

/** A result of at most so many bytes is copied to the owner, a larger one is handed over. */
export const copiedBytesMax = 64 * 1024;

/**
 * The thread's end: carries out its owner's calls one after another, in the order they were made. A result that is an
 * array, or a record of arrays, goes over without a copy and is gone here, unless it is small.
 */
export function serveThread<Call, Result>(perform: (call: Call) => Promise<Result>): void {
  let last: Promise<void> = Promise.resolve();
  parentPort!.on('message', ({ id, call }: ThreadRequest<Call>) => {
    last = last.then(async () => {
      try {
        const result = await perform(call);
        const response: ThreadResponse<Result> = { id, ok: true, result };
        parentPort!.postMessage(response, buffersOf(result));
      } catch (error) {
        const response: ThreadResponse<Result> = {
          id,
          ok: false,
          message: error instanceof Error ? error.message : String(error),
        };
        parentPort!.postMessage(response);
      }
    });
  });
}

function buffersOf(result: unknown): ArrayBuffer[] {
  if (typeof result !== 'object' || result === null) return [];
  const arrays = ArrayBuffer.isView(result)
    ? [result]
    : Object.values(result).filter((value) => ArrayBuffer.isView(value));
  return arrays.filter(({ byteLength }) => byteLength > copiedBytesMax).map(({ buffer }) => buffer as ArrayBuffer);
}
