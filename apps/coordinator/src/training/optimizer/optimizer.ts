import { startThread } from '#threads/thread-client.js';
import { addInto } from '#model/optimizer/gradient-sum.js';
import { normOf } from '#model/optimizer/gradient-norm.js';
import { parameterPieces } from '#model/optimizer/parameter-piece.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { float32Data, float32Values } from '#store/safetensors/safetensors.js';
import { lossParametersOf, type TrainingState } from '../state/training-state.js';
import type { OptimizerCall, OptimizerResults, OptimizerWork } from './optimizer-message.js';

/**
 * Adds, measures and applies gradients of the whole model, in threads of its own. All blobs are safetensors in shared
 * memory; nobody else may write to them until the promise resolves. The bits do not depend on the number of threads.
 */
export interface Optimizer {
  /** left ← left + right, element by element. */
  add(left: Uint8Array, right: Uint8Array): Promise<void>;
  /** √Σg² over all values except running statistics. Not finite if any value is not finite. */
  norm(gradient: Uint8Array): Promise<number>;
  /**
   * The state after one more update. Trainable parameters take an AdamW step, logit_scale is kept within [0, ln 100],
   * and running statistics move by their momentum of 0.1. It is done in place: the given state is overwritten.
   */
  adamW(state: TrainingState, gradient: Uint8Array, update: UpdateNumbers): Promise<TrainingState>;
  close(): Promise<void>;
}

export interface UpdateNumbers {
  readonly learningRate: number;
  /** The factor by which clipping scales the gradient; 1 if the gradient is not clipped. */
  readonly gradientFactor: number;
}

export interface OptimizerOptions {
  readonly config: Pick<RunConfig, 'model' | 'optimizer'>;
  readonly threads: number;
}

/** Adding fewer bytes takes no longer than to ask a thread. */
const threadBytesMin = 2 ** 18;

export function openOptimizer({ config: { model, optimizer }, threads: count }: OptimizerOptions): Optimizer {
  const threads = Array.from({ length: count }, () =>
    startThread<OptimizerCall, OptimizerResults>({
      entry: new URL('./optimizer-thread.js', import.meta.url),
      failure: (message) =>
        new TandemError({ code: ErrorCode.Internal, message: `A thread of the optimizer failed: ${message}` }),
    }),
  );
  const perform = async (work: OptimizerWork): Promise<void> => {
    const call = { ...work, next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
    await Promise.all(threads.map((thread) => thread.call(call)));
  };
  return {
    add: (left, right) =>
      left.byteLength < threadBytesMin
        ? Promise.resolve(addInto(float32Data(left), float32Data(right)))
        : perform({ kind: 'add', left, right }),
    async norm(gradient) {
      const pieces = parameterPieces(float32Values(gradient)).length;
      const sums = new Float64Array(new SharedArrayBuffer(pieces * Float64Array.BYTES_PER_ELEMENT));
      await perform({ kind: 'squares', blob: gradient, sums });
      return normOf(sums);
    },
    async adamW({ step, parameters, moments }, gradient, { learningRate, gradientFactor }) {
      const { beta1, beta2, epsilon, weightDecay } = optimizer;
      const hyper = { learningRate, beta1, beta2, epsilon, weightDecay, update: step + 1 };
      await perform({ kind: 'update', model, parameters, moments, gradient, hyper, gradientFactor });
      return { step: step + 1, parameters, moments, lossParameters: lossParametersOf(parameters) };
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
