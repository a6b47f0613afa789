import { sha256 } from '#data/dataset/canonical-json.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { LabelledFeatures } from './logistic-regression.js';

/** Rows of a class in an order that is a function of (seed, key) alone, so that no other image changes it. */
export function drawnOrder(keys: readonly string[], truths: Int32Array, seed: number, classes: number): number[][] {
  const places = keys.map((key) => sha256(`${seed} ${key}`));
  const rows = Array.from({ length: classes }, (): number[] => []);
  truths.forEach((truth, row) => rows[truth]!.push(row));
  for (const own of rows) own.sort((a, b) => (places[a]! < places[b]! ? -1 : places[a]! > places[b]! ? 1 : a - b));
  return rows;
}

export interface Shots {
  /** k rows of each class. */
  readonly train: readonly number[];
  /** min(k, 4) other rows of each class. */
  readonly validation: readonly number[];
}

/** Validation images of a class at most. Source: CoOp, §4.1. */
const validationShotsMax = 4;

/**
 * k training images of each class, without replacement, and min(k, 4) others to choose λ by. The k of one seed include
 * those of every smaller k. Throws DATA_INVALID, naming the classes, where a class has fewer images.
 */
export function sampleShots(order: readonly (readonly number[])[], k: number, labels: readonly string[]): Shots {
  const validation = Math.min(k, validationShotsMax);
  const short = order.flatMap((rows, index) =>
    rows.length < k + validation ? [`"${labels[index]}" has ${rows.length}`] : [],
  );
  if (short.length > 0)
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Few-shot: expected ${k} images of each class to train on and ${validation} to choose λ by, ` +
        `got fewer for ${short.length} of ${labels.length} classes: ${short.slice(0, 5).join(', ')}.`,
      help: 'Leave this k out of the shots (--shots), or give a training set with more images of these classes.',
    });
  return {
    train: order.flatMap((rows) => rows.slice(0, k)),
    validation: order.flatMap((rows) => rows.slice(k, k + validation)),
  };
}

/**
 * A share of each class for validation, the rest for training. A class of one image stays in training. Throws
 * DATA_INVALID where nothing is left for validation.
 */
export function splitValidation(order: readonly (readonly number[])[], share: number): Shots {
  const counts = order.map(({ length }) => Math.min(length - 1, Math.max(1, Math.round(length * share))));
  const validation = order.flatMap((rows, index) => rows.slice(0, Math.max(0, counts[index]!)));
  if (validation.length > 0)
    return { train: order.flatMap((rows, index) => rows.slice(Math.max(0, counts[index]!))), validation };
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      'Linear probe: expected a class with at least 2 images, to choose λ by one of them; got at most 1 of each.',
    help: 'Give a data set to choose λ by with --validation, or a training set with more images.',
  });
}

/** These rows of the samples, in ascending order, in which a fit does not depend on how they were drawn. */
export function rowsOf({ features, width, truths }: LabelledFeatures, rows: readonly number[]): LabelledFeatures {
  const sorted = [...rows].sort((a, b) => a - b);
  const taken = new Float32Array(sorted.length * width);
  sorted.forEach((row, place) => taken.set(features.subarray(row * width, (row + 1) * width), place * width));
  return { features: taken, width, truths: Int32Array.from(sorted, (row) => truths[row]!) };
}
