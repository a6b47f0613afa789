import { accuracyOf, judge, type Judged, type Metric } from '../accuracy.js';
import type { LogisticEngine } from './logistic-engine.js';
import {
  fitLogisticRegression,
  linearScores,
  takeSamples,
  type LabelledFeatures,
  type LinearClassifier,
} from './logistic-regression.js';
import { sweepRegularisation, type Sweep } from './regularisation-sweep.js';

export interface LinearProbeOptions {
  readonly labels: readonly string[];
  readonly metric: Metric;
  /** Whether the classifier is fitted again with the validation samples once λ is known. */
  readonly refitsWithValidation: boolean;
  /** Called with each λ before its fit. */
  onLambda?(lambda: number): void;
}

export interface LinearProbe {
  readonly classifier: LinearClassifier;
  readonly lambda: number;
  readonly sweep: Sweep;
  /** Fits of the sweep that were stopped by the limit of iterations. */
  readonly unconverged: number;
  readonly judged: Judged;
}

/**
 * A linear probe: λ by the score on the validation samples, the classifier then fitted again, and judged once on the
 * test samples. Source: CLIP Appendix A.3.
 */
export async function linearProbe(
  engine: LogisticEngine,
  data: { readonly train: LabelledFeatures; readonly validation: LabelledFeatures; readonly test: LabelledFeatures },
  options: LinearProbeOptions,
): Promise<LinearProbe> {
  const { labels, metric } = options;
  const shape = { width: data.train.width, classes: labels.length };
  const fit = (samples: number, lambda: number): Promise<LinearClassifier> =>
    fitLogisticRegression(engine, { ...shape, samples, lambda });
  await takeSamples(engine, data.train, labels.length);
  let unconverged = 0;
  const sweep = await sweepRegularisation(async (lambda) => {
    options.onLambda?.(lambda);
    const classifier = await fit(data.train.truths.length, lambda);
    if (classifier.fit.end === 'iterations') unconverged += 1;
    return scoreOf(judgeFeatures(classifier, data.validation, labels), metric);
  });
  const all = options.refitsWithValidation ? together(data.train, data.validation) : data.train;
  if (options.refitsWithValidation) await takeSamples(engine, all, labels.length);
  const { lambda } = sweep.best;
  const classifier = await fit(all.truths.length, lambda);
  return { classifier, lambda, sweep, unconverged, judged: judgeFeatures(classifier, data.test, labels) };
}

export function scoreOf(judged: Judged, metric: Metric): number {
  const accuracy = accuracyOf(judged);
  return metric === 'top1' ? accuracy.top1 : accuracy.meanPerClass;
}

function judgeFeatures(
  classifier: LinearClassifier,
  { features, width, truths }: LabelledFeatures,
  labels: readonly string[],
): Judged {
  return judge(linearScores(classifier, features, width), truths, labels);
}

function together(one: LabelledFeatures, other: LabelledFeatures): LabelledFeatures {
  const features = new Float32Array(one.features.length + other.features.length);
  features.set(one.features);
  features.set(other.features, one.features.length);
  return { features, width: one.width, truths: Int32Array.from([...one.truths, ...other.truths]) };
}
