import { Worker, type ResourceLimits, type SHARE_ENV } from 'node:worker_threads';

/**
 * A request with a number, and the answer that names it: how a thread and its owner talk. Those of one turn go in one
 * message, because a message costs more than what most of them say.
 */
export interface ThreadRequest<Call> {
  readonly id: number;
  readonly call: Call;
}
export type ThreadResponse<Result> =
  | { readonly id: number; readonly ok: true; readonly result: Result }
  | { readonly id: number; readonly ok: false; readonly message: string };

/** The owner's end of a thread. `Results` maps each kind of call to what comes back. */
export interface ThreadClient<Call extends { readonly kind: string }, Results extends Record<Call['kind'], unknown>> {
  /** `transferred` buffers go over without a copy and are gone here. */
  call<K extends Call['kind']>(
    call: Extract<Call, { kind: K }>,
    transferred?: readonly ArrayBuffer[],
  ): Promise<Results[K]>;
  close(): Promise<void>;
}

export interface ThreadOptions {
  /** The thread's file. */
  readonly entry: URL;
  readonly workerData?: unknown;
  readonly resourceLimits?: ResourceLimits;
  /** The process's own environment in place of a copy. */
  readonly env?: typeof SHARE_ENV;
  /** Makes the error that callers see. */
  readonly failure: (message: string) => Error;
}

/** Start a thread. It keeps the process alive only while a call is under way. */
export function startThread<Call extends { readonly kind: string }, Results extends Record<Call['kind'], unknown>>({
  entry,
  workerData,
  resourceLimits,
  env,
  failure,
}: ThreadOptions): ThreadClient<Call, Results> {
  const thread = new Worker(entry, { workerData, ...(resourceLimits && { resourceLimits }), ...(env && { env }) });
  const waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  let nextId = 1;
  let ended: Error | undefined;
  let requests: ThreadRequest<Call>[] = [];
  let handedOver: ArrayBuffer[] = [];

  const post = (): void => {
    const message = requests;
    const transferred = handedOver;
    [requests, handedOver] = [[], []];
    try {
      thread.postMessage(message, transferred);
    } catch (error) {
      for (const { id } of message) waiting.get(id)?.reject(error as Error);
      for (const { id } of message) waiting.delete(id);
    }
  };
  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  thread.on('message', (responses: readonly ThreadResponse<unknown>[]) => {
    for (const response of responses) {
      const caller = waiting.get(response.id);
      waiting.delete(response.id);
      if (response.ok) caller?.resolve(response.result as never);
      else caller?.reject(failure(response.message));
    }
    if (waiting.size === 0) thread.unref();
  });
  thread.on('error', (error) => end(failure(error.message)));
  thread.on('exit', () => end(failure('its thread was closed')));
  thread.unref();

  return {
    call(call, transferred = []) {
      if (ended) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        const request: ThreadRequest<Call> = { id: nextId++, call };
        waiting.set(request.id, { resolve, reject });
        thread.ref();
        if (requests.length === 0) queueMicrotask(post);
        requests.push(request);
        handedOver.push(...transferred);
      });
    },
    async close() {
      await thread.terminate();
    },
  };
}
