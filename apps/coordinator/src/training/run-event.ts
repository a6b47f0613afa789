import type { DerivedNumbers, EvaluationResult, StepMetrics } from '#protocol/run/run-status.js';

/**
 * What a training run tells its owner, in the order it happens. Nothing is said twice, and a committed step only once.
 */
export type RunEvent =
  /** Data set, tokenizer and initial parameters are in place; training starts. */
  | { readonly kind: 'prepared'; readonly derived: DerivedNumbers }
  /** A step is committed. */
  | { readonly kind: 'step'; readonly metrics: StepMetrics }
  /** The zero-shot evaluation after the newest step begins; it is over at the next step or at the end of the run. */
  | { readonly kind: 'evaluating' }
  | { readonly kind: 'evaluation'; readonly result: EvaluationResult }
  /** A checkpoint is complete; `url` is its folder. */
  | { readonly kind: 'checkpoint'; readonly url: string };
