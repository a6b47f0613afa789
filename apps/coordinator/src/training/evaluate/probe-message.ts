import type { Accuracy, Judged, Metric } from '#evaluate/accuracy.js';
import type { FewShot } from '#evaluate/probe/few-shot.js';
import type { LabelledFeatures } from '#evaluate/probe/logistic-regression.js';
import type { WireError } from '#protocol/tandem-error.js';

/** Features with the keys of their images; the rows are in memory that threads share. */
type ProbeSamples = LabelledFeatures & { readonly keys: readonly string[] };

interface ProbeCall {
  readonly labels: readonly string[];
  readonly metric: Metric;
  /** Threads of the fit, at most. */
  readonly threads: number;
  readonly train: ProbeSamples;
  readonly test: LabelledFeatures;
}

export interface LinearProbeCall extends ProbeCall {
  readonly kind: 'linear-probe';
  readonly validation: LabelledFeatures | undefined;
  readonly validationShare: number;
  readonly seed: number;
}

export interface FewShotCall extends ProbeCall {
  readonly kind: 'few-shot';
  readonly shots: readonly number[];
  readonly seeds: number;
}

export type ProbeThreadCall = LinearProbeCall | FewShotCall;

export type LinearProbeFit = Accuracy & { readonly lambda: number; readonly judged: Judged };
export type FewShotFit = Pick<FewShot, 'points'>;

export interface ProbeThreadResults {
  readonly 'linear-probe': LinearProbeFit | { readonly failed: WireError };
  readonly 'few-shot': FewShotFit | { readonly failed: WireError };
}
