import { startThread } from '#engine/run/thread-client.js';
import type { AdamWHyper } from '#model/adam-w.js';
import type { ClipConfig } from '#protocol/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ArithmeticCall, ArithmeticResults } from './arithmetic-message.js';
import type { TrainingState } from './training-state.js';

export interface UpdateOptions {
  readonly model: ClipConfig;
  readonly hyper: AdamWHyper;
  readonly clipNorm: number | undefined;
}

/** Sums and updates of whole sets of parameters, off the main thread. A blob that is handed over is gone for the caller. */
export interface Arithmetic {
  add(left: Uint8Array, right: Uint8Array): Promise<Uint8Array>;
  norm(blob: Uint8Array): Promise<{ readonly blob: Uint8Array; readonly norm: number }>;
  /** Overwrites the state's blobs. */
  update(state: TrainingState, gradient: Uint8Array, options: UpdateOptions): Promise<void>;
  close(): Promise<void>;
}

export function openArithmetic(): Arithmetic {
  const thread = startThread<ArithmeticCall, ArithmeticResults>({
    entry: new URL('./arithmetic-thread.js', import.meta.url),
    failure: (message) => new TandemError({ code: ErrorCode.Internal, message: `The thread that adds and updates failed: ${message}` }),
  });
  return {
    add(left, right) {
      const [a, b] = [owned(left), owned(right)];
      return thread.call({ kind: 'add', left: a, right: b }, [a.buffer, b.buffer]);
    },
    norm(blob) {
      const own = owned(blob);
      return thread.call({ kind: 'norm', blob: own }, [own.buffer]);
    },
    async update({ parameters, firstMoments, secondMoments }, gradient, options) {
      const own = owned(gradient);
      await thread.call({ kind: 'update', parameters, firstMoments, secondMoments, gradient: own, ...options }, [own.buffer]);
    },
    close: () => thread.close(),
  };
}

/** The blob in a buffer of its own: itself, or a copy where it is a part of a larger buffer. */
function owned(blob: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = blob.buffer instanceof ArrayBuffer && blob.byteLength === blob.buffer.byteLength;
  return isWhole ? (blob as Uint8Array<ArrayBuffer>) : new Uint8Array(blob);
}
