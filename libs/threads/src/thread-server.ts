import { parentPort } from 'node:worker_threads';
import type { ThreadRequest, ThreadResponse } from './thread-client.js';

/** A result of at most so many bytes is copied to the owner, a larger one is handed over. */
export const copiedBytesMax = 64 * 1024;

/** Responses to requests that came together go together, unless the first would wait for longer than this. */
const waitMs = 1;

/**
 * The thread's end: carries out its owner's calls one after another, in the order they were made. A result that is an
 * array, or a record of arrays, goes over without a copy and is gone here, unless it is small.
 */
export function serveThread<Call, Result>(perform: (call: Call) => Promise<Result>): void {
  const respondTo = async ({ id, call }: ThreadRequest<Call>): Promise<ThreadResponse<Result>> => {
    try {
      return { id, ok: true, result: await perform(call) };
    } catch (error) {
      return { id, ok: false, message: error instanceof Error ? error.message : String(error) };
    }
  };
  const serve = async (requests: readonly ThreadRequest<Call>[]): Promise<void> => {
    let responses: ThreadResponse<Result>[] = [];
    let sentMs = performance.now();
    for (const request of requests) {
      responses.push(await respondTo(request));
      if (request !== requests.at(-1) && performance.now() - sentMs < waitMs) continue;
      post(responses);
      responses = [];
      sentMs = performance.now();
    }
  };
  let last: Promise<void> = Promise.resolve();
  parentPort!.on('message', (requests: readonly ThreadRequest<Call>[]) => {
    last = last.then(() => serve(requests));
  });
}

function post(responses: readonly ThreadResponse<unknown>[]): void {
  const buffers = responses.flatMap((response) => (response.ok ? buffersOf(response.result) : []));
  try {
    parentPort!.postMessage(responses, [...new Set(buffers)]);
  } catch (error) {
    const message = String(error);
    parentPort!.postMessage(responses.map(({ id }) => ({ id, ok: false, message })));
  }
}

function buffersOf(result: unknown): ArrayBuffer[] {
  if (typeof result !== 'object' || result === null) return [];
  const arrays = ArrayBuffer.isView(result)
    ? [result]
    : Object.values(result).filter((value) => ArrayBuffer.isView(value));
  return arrays.filter(({ byteLength }) => byteLength > copiedBytesMax).map(({ buffer }) => buffer as ArrayBuffer);
}
