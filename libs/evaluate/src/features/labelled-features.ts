import type { Dataset } from '#data/dataset/dataset.js';
import { requireGroups } from '#data/dataset/required-groups.js';
import { shownList } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { LabelledFeatures } from '../probe/logistic-regression.js';
import type { DatasetFeatures } from './dataset-features.js';

/** The true label of each image that could be read, as an index into `labels`: [n]. Throws DATA_INVALID as below. */
export function truthsOf(
  dataset: Pick<Dataset, 'name' | 'groups'>,
  { read }: Pick<DatasetFeatures, 'read'>,
  labels: readonly string[],
): Int32Array {
  const { names, ofPair } = requireGroups(dataset);
  const placeOf = new Map(labels.map((label, place) => [label, place]));
  const unknown = names.filter((name) => !placeOf.has(name)).map((name) => `"${name}"`);
  if (unknown.length > 0)
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Evaluation: expected images of the ${labels.length} classes of the training set, got ` +
        `${unknown.length} other ` +
        `classes in "${dataset.name}": ${shownList(unknown.slice(0, 10), ', ', unknown.length)}.`,
      help:
        'Prepare both data sets with the same names of groups; a class of the training set may ' +
        'be absent from the other.',
    });
  return Int32Array.from(read, ({ index }) => placeOf.get(names[ofPair[index]!]!)!);
}

/**
 * The features of a data set with its labels, as indices into `labels`, and the keys of its images. Throws DATA_INVALID
 * for a data set without groups, and for groups that are not among the labels.
 */
export function labelledFeatures(
  dataset: Pick<Dataset, 'name' | 'groups'>,
  extracted: DatasetFeatures,
  labels: readonly string[],
): LabelledFeatures & { readonly keys: readonly string[] } {
  return {
    features: extracted.features,
    width: extracted.features.length / extracted.read.length,
    truths: truthsOf(dataset, extracted, labels),
    keys: extracted.read.map(({ key }) => key),
  };
}
