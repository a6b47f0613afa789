import type { AdamWHyper } from '#model/optimizer/adam-w.js';
import type { ClipConfig } from '#protocol/run/run-config.js';

/**
 * Work on whole sets of parameters, given to several threads at once: each does the pieces (parameterPieces) that no
 * other has taken. All blobs are in shared memory.
 */
export type OptimizerCall = OptimizerWork & {
  /** One number, the same for all threads: the next piece nobody has taken. */
  readonly next: Int32Array;
};

export type OptimizerWork =
  /** left ← left + right, element by element; both blobs laid out alike. */
  | { readonly kind: 'add'; readonly left: Uint8Array; readonly right: Uint8Array }
  /**
   * sums[i] ← sum of the squares of piece i, 0 for a running statistic, for as many pieces as there are; not finite
   * where a value is not.
   */
  | { readonly kind: 'squares'; readonly blob: Uint8Array; readonly sums: Float64Array }
  /** AdamW in place, of the parameters that have a gradient. */
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
