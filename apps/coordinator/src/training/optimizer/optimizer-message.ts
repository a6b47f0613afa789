import type { AdamWHyper } from '#model/optimizer/adam-w.js';
import type { ClipConfig } from '#protocol/run/run-config.js';

/**
 * Work on all parameters at once, sent to every optimizer thread. Each thread takes the next piece (parameterPieces)
 * that no other has taken, until none is left. All blobs are in shared memory.
 */
export type OptimizerCall = OptimizerWork & {
  /** One counter that all threads share: the index of the next piece that no thread has taken. */
  readonly next: Int32Array;
};

export type OptimizerWork =
  /** left ← left + right, element by element. Both blobs have the same layout. */
  | { readonly kind: 'add'; readonly left: Uint8Array; readonly right: Uint8Array }
  /**
   * sums[i] ← sum of the squares of piece i, or 0 if it belongs to a running statistic. One entry per piece. Not finite
   * if a value of the piece is not finite.
   */
  | { readonly kind: 'squares'; readonly blob: Uint8Array; readonly sums: Float64Array }
  /** One AdamW step, in place, on the parameters that have a gradient. */
  | {
      readonly kind: 'update';
      readonly model: ClipConfig;
      readonly parameters: Uint8Array;
      readonly moments: Uint8Array;
      readonly gradient: Uint8Array;
      readonly hyper: AdamWHyper;
      readonly gradientFactor: number;
    };

export type OptimizerResults = Record<OptimizerCall['kind'], undefined>;
