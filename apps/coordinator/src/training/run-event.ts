import type { Finding } from '../pool/verify/finding.js';
import type { WorkerChange } from '../pool/membership.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { DownloadAccount } from '#download/download-account.js';
import type { DerivedNumbers, StepMetrics } from '#protocol/run/run-status.js';

/**
 * What a training run reports to its owner, in the order in which it happens. Every event is reported exactly once.
 */
export type RunEvent =
  /** The data set, the tokenizer and the initial parameters are ready; training starts. */
  | { readonly kind: 'prepared'; readonly derived: DerivedNumbers }
  /**
   * The run goes on after the steps that are already committed, whose metrics these are. `losses`: what of it was
   * damaged or missing, in sentences.
   */
  | { readonly kind: 'restored'; readonly metrics: readonly StepMetrics[]; readonly losses: readonly string[] }
  /** Something that the run needs does not work now; it is tried again. The next event says that it works again. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** What verifying results found: a worker that computes wrongly, or, once, that nobody is there to compare with. */
  | Finding
  /** A worker has joined the pool, has left it, or is lost. */
  | { readonly kind: 'pool'; readonly what: WorkerChange; readonly reason: string }
  /** A step is committed. */
  | { readonly kind: 'step'; readonly metrics: StepMetrics }
  /** Evaluation begins, after the newest step. It is over when the next step or the end of the run comes. */
  | { readonly kind: 'evaluating' }
  | { readonly kind: 'evaluation'; readonly result: EvaluationResult }
  /** The best result so far of the evaluation that `checkpoint.keepBest` names; `url` is its checkpoint's folder. */
  | { readonly kind: 'best'; readonly result: EvaluationResult; readonly url: string }
  /** The files of a corpus are found, so many; and so many are counted. */
  | { readonly kind: 'counting'; readonly files: number }
  | { readonly kind: 'counted'; readonly files: number }
  /** The list of a download is read: it is to become so many tars. */
  | { readonly kind: 'listed'; readonly tars: number }
  /**
   * So many tars are written, whose account this is. `stored` and `failed` are pictures that were answered since the
   * download started or was resumed, also of other tars.
   */
  | {
      readonly kind: 'downloaded';
      readonly tars: number;
      readonly stored: number;
      readonly failed: number;
      readonly account: DownloadAccount;
    }
  /** A checkpoint is complete; `url` is its folder. */
  | { readonly kind: 'checkpoint'; readonly url: string };
