import { rankOf, topK } from '#inference/ranking.js';
import { probeMetricSchema } from '#protocol/run/evaluation-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { atOnce, type Pausable } from '#threads/turns.js';

/** What was given for images of known classes. */
export interface Judged {
  /** Names of the classes. */
  readonly labels: readonly string[];
  /** The true class of each image, [n]. */
  readonly truths: Int32Array;
  /** The class that each image was taken for, [n]. */
  readonly given: Int32Array;
  /** The rank of the true class, 1 for the best; of equal scores the lower class ranks first. [n] */
  readonly ranks: Int32Array;
}

export interface Accuracy {
  readonly images: number;
  readonly classes: number;
  /** Shares of the images whose true class is the first, or among the first five. */
  readonly top1: number;
  readonly top5: number;
  /** Mean over the classes that have images of the share of its images whose class is right. */
  readonly meanPerClass: number;
  /** 1 / classes. */
  readonly chance: number;
}

export const metrics = probeMetricSchema.options;
export type Metric = (typeof metrics)[number];

/** The accuracy of one class; NaN nowhere, because classes without images are left out. */
export interface ClassAccuracy {
  readonly label: string;
  readonly images: number;
  readonly top1: number;
  readonly top5: number;
}

/** Images of one class that were taken for one other. */
export interface Confusion {
  readonly truth: string;
  readonly given: string;
  readonly images: number;
  /** Images of the true class. */
  readonly of: number;
}

/** Judges scores [n, C] by the true classes. */
export function judge(scores: Float32Array, truths: Int32Array, labels: readonly string[]): Judged {
  return atOnce(judging(scores, truths, labels));
}

/** The same in turns. */
export function* judging(scores: Float32Array, truths: Int32Array, labels: readonly string[]): Pausable<Judged> {
  const [given, ranks] = [new Int32Array(truths.length), new Int32Array(truths.length)];
  for (const [image, truth] of truths.entries()) {
    const row = scores.subarray(image * labels.length, (image + 1) * labels.length);
    given[image] = topK(row, 1)[0]!;
    ranks[image] = rankOf(row, truth);
    if (image % imagesBetweenPauses === 0) yield;
  }
  return { labels, truths, given, ranks };
}

/** Takes about a millisecond with a thousand classes. */
const imagesBetweenPauses = 64;

export function accuracyOf(judged: Judged): Accuracy {
  const perClass = classAccuracies(judged);
  const { length } = judged.ranks;
  const within = (k: number): number => judged.ranks.reduce((sum, rank) => (rank <= k ? sum + 1 : sum), 0) / length;
  return {
    images: length,
    classes: judged.labels.length,
    top1: within(1),
    top5: within(5),
    meanPerClass: perClass.reduce((sum, { top1 }) => sum + top1, 0) / perClass.length,
    chance: 1 / judged.labels.length,
  };
}

/** In the order of the classes. */
export function classAccuracies({ labels, truths, ranks }: Judged): ClassAccuracy[] {
  const [images, first, fifth] = [1, 2, 3].map(() => new Uint32Array(labels.length)) as [
    Uint32Array,
    Uint32Array,
    Uint32Array,
  ];
  truths.forEach((truth, image) => {
    images[truth]! += 1;
    if (ranks[image]! <= 1) first[truth]! += 1;
    if (ranks[image]! <= 5) fifth[truth]! += 1;
  });
  return labels.flatMap((label, index) => {
    const count = images[index]!;
    return count === 0 ? [] : [{ label, images: count, top1: first[index]! / count, top5: fifth[index]! / count }];
  });
}

/**
 * Images by true and by given class, under truth·C + given; pairs of classes without images are left out, because
 * thousands of classes have millions of pairs.
 */
export function confusionCounts({ labels, truths, given }: Pick<Judged, 'labels' | 'truths' | 'given'>): Confusions {
  const counts = new Map<number, number>();
  truths.forEach((truth, image) => {
    const at = truth * labels.length + given[image]!;
    counts.set(at, (counts.get(at) ?? 0) + 1);
  });
  return counts;
}
export type Confusions = ReadonlyMap<number, number>;

/** The pairs of classes that are confused most often, by images; of equal ones by share, then in the classes' order. */
export function worstConfusions(labels: readonly string[], counts: Confusions, most: number): Confusion[] {
  const totals = new Uint32Array(labels.length);
  for (const [at, images] of counts) totals[Math.floor(at / labels.length)]! += images;
  return [...counts]
    .map(([at, images]) => ({ truth: Math.floor(at / labels.length), given: at % labels.length, images }))
    .filter(({ truth, given }) => truth !== given)
    .map((one) => ({ ...one, of: totals[one.truth]! }))
    .sort((a, b) => b.images - a.images || a.of - b.of || a.truth - b.truth || a.given - b.given)
    .slice(0, most)
    .map(({ truth, given, images, of }) => ({ truth: labels[truth]!, given: labels[given]!, images, of }));
}

/** A classifier of one class is always right. Throws DATA_INVALID. */
export function requireClasses(labels: readonly string[], dataset: string): void {
  if (labels.length > 1) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Evaluation: expected images of at least 2 classes, got ${labels.length} ` +
      `("${labels[0] ?? ''}") in "${dataset}".`,
    help: 'Prepare a data set with more groups: with one class every answer is right.',
  });
}
