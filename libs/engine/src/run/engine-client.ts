import { Worker } from 'node:worker_threads';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { EngineCall, EngineOptions, EngineRequest, EngineResponse, EngineResults } from './engine-message.js';

/** The caller's end of the engine's thread. */
export interface EngineClient {
  /** `transferred` buffers go over without a copy and are gone here. */
  call<K extends EngineCall['kind']>(call: Extract<EngineCall, { kind: K }>, transferred?: readonly ArrayBuffer[]): Promise<EngineResults[K]>;
  close(): Promise<void>;
}

export function startEngine(options: EngineOptions): EngineClient {
  const thread = new Worker(new URL('./engine-thread.js', import.meta.url), { workerData: options });
  const waiting = new Map<number, { resolve(result: never): void; reject(error: Error): void }>();
  let nextId = 1;
  let ended: Error | undefined;

  const end = (error: Error): void => {
    ended ??= error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  thread.on('message', (response: EngineResponse) => {
    const caller = waiting.get(response.id);
    waiting.delete(response.id);
    if (waiting.size === 0) thread.unref();
    if (response.ok) caller?.resolve(response.result as never);
    else caller?.reject(engineError(response.message));
  });
  thread.on('error', (error) => end(engineError(error.message)));
  thread.on('exit', () => end(engineError('The engine was closed.')));
  thread.unref();

  return {
    call(call, transferred = []) {
      if (ended) return Promise.reject(ended);
      return new Promise((resolve, reject) => {
        const request: EngineRequest = { id: nextId++, call };
        waiting.set(request.id, { resolve, reject });
        thread.ref();
        thread.postMessage(request, transferred);
      });
    },
    async close() {
      await thread.terminate();
    },
  };
}

function engineError(message: string): TandemError {
  return new TandemError({ code: ErrorCode.UnsupportedOp, message: `The engine failed: ${message}` });
}
