import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { EngineCall, EngineOptions, EngineResults } from './engine-message.js';
import { startThread, type ThreadClient } from './thread-client.js';

/** The caller's end of the engine's thread. */
export type EngineClient = ThreadClient<EngineCall, EngineResults>;

export function startEngine(options: EngineOptions): EngineClient {
  return startThread({
    entry: new URL('./engine-thread.js', import.meta.url),
    workerData: options,
    failure: (message) => new TandemError({ code: ErrorCode.UnsupportedOp, message: `The engine failed: ${message}` }),
  });
}
