import type { AdamWHyper } from '#model/adam-w.js';
import type { ClipConfig } from '#protocol/run-config.js';

/** Work on whole sets of parameters, for a thread of its own: each takes as long as reading them from memory does. */
export type ArithmeticCall =
  /** left ← left + right, element by element; both blobs laid out alike. Gives back left. */
  | { readonly kind: 'add'; readonly left: Uint8Array; readonly right: Uint8Array }
  /** Square root of the sum of all squares; not finite where an element is not. */
  | { readonly kind: 'norm'; readonly blob: Uint8Array }
  /** AdamW in place on the shared blobs. */
  | {
      readonly kind: 'update';
      readonly model: ClipConfig;
      readonly parameters: Uint8Array;
      readonly firstMoments: Uint8Array;
      readonly secondMoments: Uint8Array;
      readonly gradient: Uint8Array;
      readonly hyper: AdamWHyper;
      readonly clipNorm: number | undefined;
    };

export interface ArithmeticResults {
  add: Uint8Array;
  norm: number;
  update: undefined;
}
