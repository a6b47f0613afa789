import { startThread } from '#threads/thread-client.js';
import type { AdamWHyper } from '#model/optimizer/adam-w.js';
import { normOf } from '#model/optimizer/gradient-norm.js';
import { parameterPieces } from '#model/optimizer/parameter-piece.js';
import type { ClipConfig } from '#protocol/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import type { OptimizerCall, OptimizerResults, OptimizerWork } from './optimizer-message.js';
import type { TrainingState } from '../state/training-state.js';

export interface UpdateOptions {
  readonly model: ClipConfig;
  readonly hyper: AdamWHyper;
  /** What clipping multiplies the gradient by; 1 where it does not. */
  readonly gradientFactor: number;
}

/**
 * Sums and updates of whole sets of parameters, off the main thread. Blobs are safetensors in shared memory, and nobody else
 * writes them until the promise resolves. The bits do not depend on the number of threads.
 */
export interface Optimizer {
  /** left ← left + right, element by element. */
  add(left: Uint8Array, right: Uint8Array): Promise<void>;
  /** Square root of the sum of the squares of all values but running statistics; not finite where a value is not. */
  norm(blob: Uint8Array): Promise<number>;
  /** Overwrites the state's blobs. */
  update(state: TrainingState, gradient: Uint8Array, options: UpdateOptions): Promise<void>;
  close(): Promise<void>;
}

export function openOptimizer({ threads: count }: { readonly threads: number }): Optimizer {
  const threads = Array.from({ length: count }, () =>
    startThread<OptimizerCall, OptimizerResults>({
      entry: new URL('./optimizer-thread.js', import.meta.url),
      failure: (message) => new TandemError({ code: ErrorCode.Internal, message: `A thread that adds and updates failed: ${message}` }),
    }),
  );
  const perform = async (work: OptimizerWork): Promise<void> => {
    const call = { ...work, next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
    await Promise.all(threads.map((thread) => thread.call(call)));
  };
  return {
    add: (left, right) => perform({ kind: 'add', left, right }),
    async norm(blob) {
      const pieces = parameterPieces(float32Values(blob)).length;
      const sums = new Float64Array(new SharedArrayBuffer(pieces * Float64Array.BYTES_PER_ELEMENT));
      await perform({ kind: 'squares', blob, sums });
      return normOf(sums);
    },
    update: ({ parameters, moments }, gradient, options) => perform({ kind: 'update', parameters, moments, gradient, ...options }),
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
