import { deviation, mean } from 'd3-array';
import type { Metric } from '../accuracy.js';
import { linearProbe, scoreOf } from './linear-probe.js';
import type { LogisticEngine } from './logistic-engine.js';
import type { LabelledFeatures } from './logistic-regression.js';
import { drawnOrder, rowsOf, sampleShots } from './sample-shots.js';

export interface FewShotOptions {
  readonly labels: readonly string[];
  readonly metric: Metric;
  /** Ascending. */
  readonly shots: readonly number[];
  readonly seeds: readonly number[];
  /** Called before each probe. */
  onProbe?(shots: number, seed: number): void;
}

/** One probe of a few-shot evaluation. */
export interface FewShotProbe {
  readonly shots: number;
  readonly seed: number;
  readonly lambda: number;
  readonly score: number;
}

/** What k labelled images of each class give. */
export interface ShotPoint {
  readonly shots: number;
  /** Over the seeds. */
  readonly mean: number;
  /** The sample's standard deviation over the seeds; 0 for one seed. */
  readonly deviation: number;
}

export interface FewShot {
  readonly probes: readonly FewShotProbe[];
  readonly points: readonly ShotPoint[];
}

/**
 * Linear probes with k images of each class, for several k and seeds, each judged on all test samples. The images that
 * λ is chosen by are not added to the fit. Source: CLIP §3.1.5, Figure 6; CoOp §4.1.
 */
export async function fewShot(
  engine: LogisticEngine,
  data: { readonly train: LabelledFeatures & { readonly keys: readonly string[] }; readonly test: LabelledFeatures },
  { labels, metric, shots, seeds, onProbe }: FewShotOptions,
): Promise<FewShot> {
  const { train, test } = data;
  const orders = seeds.map((seed) => drawnOrder(train.keys, train.truths, seed, labels.length));
  const plan = shots.flatMap((k) => seeds.map((seed, at) => ({ k, seed, drawn: sampleShots(orders[at]!, k, labels) })));
  const probes: FewShotProbe[] = [];
  for (const { k, seed, drawn } of plan) {
    onProbe?.(k, seed);
    const samples = { train: rowsOf(train, drawn.train), validation: rowsOf(train, drawn.validation), test };
    const { lambda, judged } = await linearProbe(engine, samples, { labels, metric, refitsWithValidation: false });
    probes.push({ shots: k, seed, lambda, score: scoreOf(judged, metric) });
  }
  return { probes, points: shots.map((k) => pointOf(k, probes)) };
}

function pointOf(shots: number, probes: readonly FewShotProbe[]): ShotPoint {
  const scores = probes.filter((probe) => probe.shots === shots).map(({ score }) => score);
  return { shots, mean: mean(scores)!, deviation: deviation(scores) ?? 0 };
}

/** The number of labelled images of each class whose probe is as good as zero-shot. */
export type Equivalent =
  | { readonly kind: 'shots'; readonly shots: number }
  /** Even the fewest, or the most, of those that were tried are better, or worse. */
  | { readonly kind: 'fewer' | 'more'; readonly shots: number };

/**
 * The k at which the curve of means first reaches a score, linear in log k between the points. Source: CLIP §3.1.5,
 * Figure 7.
 */
export function equivalentShots(points: readonly ShotPoint[], score: number): Equivalent {
  const [first] = points;
  if (!first) throw new RangeError('equivalentShots: expected at least one point');
  if (score < first.mean) return { kind: 'fewer', shots: first.shots };
  const reached = points.findIndex((point) => point.mean >= score);
  if (reached < 0) return { kind: 'more', shots: points.at(-1)!.shots };
  if (reached === 0) return { kind: 'shots', shots: first.shots };
  const [low, high] = [points[reached - 1]!, points[reached]!];
  const share = (score - low.mean) / (high.mean - low.mean);
  return { kind: 'shots', shots: low.shots * (high.shots / low.shots) ** share };
}
