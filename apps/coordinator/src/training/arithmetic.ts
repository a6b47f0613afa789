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

/** Sums and updates of whole sets of parameters, off the main thread. */
export interface Arithmetic {
  /** left + right, element by element. Both are handed over: they are gone for the caller. */
  add(left: Uint8Array, right: Uint8Array): Promise<Uint8Array>;
  /** Of a blob in shared memory, as `update`'s are. */
  norm(blob: Uint8Array): Promise<number>;
  /** Overwrites the state's blobs, and scales the gradient where it is clipped. */
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
    norm: (blob) => thread.call({ kind: 'norm', blob: shared(blob) }),
    async update({ parameters, firstMoments, secondMoments }, gradient, options) {
      await thread.call({ kind: 'update', parameters, firstMoments, secondMoments, gradient: shared(gradient), ...options });
    },
    close: () => thread.close(),
  };
}

/** The blob in shared memory: itself, or a copy where it is not. */
export function shared(blob: Uint8Array): Uint8Array {
  if (blob.buffer instanceof SharedArrayBuffer) return blob;
  const copy = new Uint8Array(new SharedArrayBuffer(blob.byteLength));
  copy.set(blob);
  return copy;
}

/** The blob in a buffer of its own: itself, or a copy where it is a part of a larger buffer. */
function owned(blob: Uint8Array): Uint8Array<ArrayBuffer> {
  const isWhole = blob.buffer instanceof ArrayBuffer && blob.byteLength === blob.buffer.byteLength;
  return isWhole ? (blob as Uint8Array<ArrayBuffer>) : new Uint8Array(blob);
}
