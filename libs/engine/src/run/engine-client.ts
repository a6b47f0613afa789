import { SHARE_ENV } from 'node:worker_threads';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type {
  EngineCall,
  EngineOptions,
  EngineResults,
  KernelCall,
  KernelKind,
  KernelResults,
  OrtCall,
  OrtResults,
  TfjsCall,
  TfjsResults,
} from './engine-message.js';
import { startThread, type ThreadClient } from '#threads/thread-client.js';

/** The caller's end of the connection to an engine's thread. */
export type EngineClient<Code> = ThreadClient<EngineCall<Code>, EngineResults>;

export function startOrtEngine(options: EngineOptions): ThreadClient<OrtCall, OrtResults> {
  return startThread({
    entry: new URL('./onnxruntime/ort-thread.js', import.meta.url),
    workerData: options,
    // ONNX Runtime must see the variables that the thread sets before it loads the library.
    env: SHARE_ENV,
    // The thread's JavaScript only passes arrays on. With the default limit, V8 would let its garbage grow to 32 MiB.
    resourceLimits: { maxYoungGenerationSizeMb: 3 },
    failure: engineFailure,
  });
}

export function startTfjsEngine(): ThreadClient<TfjsCall, TfjsResults> {
  return startThread({ entry: new URL('./tfjs/tfjs-thread.js', import.meta.url), failure: engineFailure });
}

export function startKernelEngine(kind: KernelKind): ThreadClient<KernelCall, KernelResults> {
  return startThread({
    entry: new URL('./kernels/kernel-thread.js', import.meta.url),
    workerData: kind,
    failure: engineFailure,
  });
}

export function engineFailure(message: string): TandemError {
  return new TandemError({ code: ErrorCode.UnsupportedOp, message: `The engine failed: ${message}` });
}
