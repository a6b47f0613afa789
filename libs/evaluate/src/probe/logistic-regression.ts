import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { minimise, usualLbfgs, type LbfgsOptions, type Minimum } from './l-bfgs.js';
import type { LogisticEngine, SampleBlock } from './logistic-engine.js';

/** Features of images with their classes. */
export interface LabelledFeatures {
  /** [n, f] */
  readonly features: Float32Array;
  readonly width: number;
  /** The class of each image: [n]. */
  readonly truths: Int32Array;
}

/** A linear classifier: scores = x·weights + biases. */
export interface LinearClassifier {
  /** [f, C] */
  readonly weights: Float64Array;
  /** [C] */
  readonly biases: Float64Array;
  readonly fit: Pick<Minimum, 'iterations' | 'evaluations' | 'end'>;
}

/** Rows that are multiplied at once. It is fixed, so that the sums have one order. */
const blockRows = 8192;

/** All samples are in memory as float64. */
const sampleBytesMax = 8 * 2 ** 30;

/** Gives an engine the samples of the next fits: features with a column of ones for the bias, and one-hot classes. */
export async function takeSamples(engine: LogisticEngine, samples: LabelledFeatures, classes: number): Promise<void> {
  const { features, width, truths } = samples;
  const bytes = truths.length * (width + 1 + classes) * 8;
  if (bytes > sampleBytesMax) throw tooMany(bytes, truths.length, width, classes);
  const blocks: SampleBlock[] = [];
  for (let first = 0; first < truths.length; first += blockRows) {
    const rows = Math.min(blockRows, truths.length - first);
    const [x, y] = [new Float64Array(rows * (width + 1)), new Float64Array(rows * classes)];
    for (let row = 0; row < rows; row += 1) {
      x.set(features.subarray((first + row) * width, (first + row + 1) * width), row * (width + 1));
      x[row * (width + 1) + width] = 1;
      y[row * classes + truths[first + row]!] = 1;
    }
    blocks.push({ rows, x, y });
  }
  await engine.take(blocks);
}

/**
 * Multinomial logistic regression of the samples that an engine has taken: the minimum over W [f, C] and b [C] of the
 * mean over the n samples of cross-entropy(softmax(x·W + b)), plus λ/2n · |W|²; b is not penalised. It begins with
 * zero, so the result depends on nothing else. In scikit-learn's terms C = 1/λ. Source: CLIP Appendix A.3; scikit-learn
 * LogisticRegression.
 */
export async function fitLogisticRegression(
  engine: LogisticEngine,
  { samples, width, classes, lambda }: { samples: number; width: number; classes: number; lambda: number },
  options: LbfgsOptions = usualLbfgs,
): Promise<LinearClassifier> {
  const penalised = width * classes;
  const minimum = await minimise(
    async (w) => {
      const { value, gradient } = await engine.loss(w, classes);
      let squares = 0;
      for (let i = 0; i < penalised; i += 1) {
        squares += w[i]! ** 2;
        gradient[i]! += lambda * w[i]!;
      }
      for (let i = 0; i < gradient.length; i += 1) gradient[i]! /= samples;
      return { value: (value + (lambda / 2) * squares) / samples, gradient };
    },
    new Float64Array((width + 1) * classes),
    options,
  );
  const { x, iterations, evaluations, end } = minimum;
  return {
    weights: x.subarray(0, penalised),
    biases: x.subarray(penalised),
    fit: { iterations, evaluations, end },
  };
}

/** Scores of images [n, C]: x·W + b, in float64 and rounded to float32. */
export function linearScores(
  { weights, biases }: Pick<LinearClassifier, 'weights' | 'biases'>,
  features: Float32Array,
  width: number,
): Float32Array {
  const classes = biases.length;
  const count = features.length / width;
  const scores = new Float32Array(count * classes);
  const row = new Float64Array(classes);
  for (let image = 0; image < count; image += 1) {
    row.set(biases);
    for (let i = 0; i < width; i += 1) {
      const value = features[image * width + i]!;
      for (let c = 0; c < classes; c += 1) row[c]! += value * weights[i * classes + c]!;
    }
    scores.set(row, image * classes);
  }
  return scores;
}

function tooMany(bytes: number, samples: number, width: number, classes: number): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Linear probe: expected samples of at most ${bytesText(sampleBytesMax)} in float64, got ${bytesText(bytes)}: ` +
      `${samples} images with ${width} features and ${classes} classes.`,
    help: 'Train the probe on a part: `tandem dataset prepare --hold-out 0.1` makes one.',
  });
}
