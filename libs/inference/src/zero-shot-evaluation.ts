import type { Dataset } from '#data/dataset/dataset.js';
import { requireGroups } from '#data/dataset/required-groups.js';
import { evaluationImage } from '#data/image/evaluation-image.js';
import type { ZeroShotResult } from '#protocol/run/evaluation-result.js';
import type { Store } from '#store/store.js';
import type { ClipModel } from './clip-model.js';
import { datasetImages, noImages, type ReadImage, type SkippedImage } from './dataset-images.js';
import { mostProbable, rankOf, type LabelProbability } from './ranking.js';
import { openZeroShotClassifier } from './zero-shot-classifier.js';

export interface ZeroShotEvaluationOptions {
  readonly name: string;
  readonly templates: readonly string[];
  /** Committed steps of the model, to be put into the result. */
  readonly step: number;
  readonly cache?: Store | undefined;
  /** Most probable labels kept for each image; 5 if left out. */
  readonly best?: number;
  readonly signal?: AbortSignal;
  /** Called for each batch of readable images, in the data set's order, with their embeddings [n, d]. */
  onEmbedded?(embeddings: Float32Array): void;
}

export interface ZeroShotEvaluation {
  readonly result: ZeroShotResult;
  /** One per readable image, in the data set's order. */
  readonly predictions: readonly ImagePrediction[];
  readonly skipped: readonly SkippedImage[];
  /** True where the class embeddings came from the cache. */
  readonly cached: boolean;
}

export interface ImagePrediction {
  /** Index of the image in the data set. */
  readonly index: number;
  readonly key: string;
  readonly truth: string;
  /** Rank of the true class among all classes, 1 is best; of equal scores the lower class index ranks first. */
  readonly rank: number;
  readonly best: readonly LabelProbability[];
}

/**
 * Zero-shot accuracy: classify every image of a data set among all its groups, by the names of the groups alone. top1
 * and top5 are means over the readable images; chance = 1/classes. Unreadable images are left out and listed in
 * `skipped`. Throws DATA_INVALID where the data set has no groups or no readable image. Source: CLIP §3.1.2.
 */
export async function evaluateZeroShot(
  model: ClipModel,
  dataset: Dataset,
  options: ZeroShotEvaluationOptions,
): Promise<ZeroShotEvaluation> {
  const { names: classes } = requireGroups(dataset);
  const classifier = await openZeroShotClassifier(model, {
    classes,
    templates: options.templates,
    cache: options.cache,
  });
  const predictions: ImagePrediction[] = [];
  const skipped: SkippedImage[] = [];
  const side = model.config.vision_cfg.image_size;
  const images = datasetImages(dataset, {
    batch: model.batch,
    prepare: (image) => evaluationImage(image, side),
    ...(options.signal && { signal: options.signal }),
  });
  for await (const loaded of images) {
    skipped.push(...loaded.skipped);
    const embeddings = await model.embedImages(loaded.pixels);
    options.onEmbedded?.(embeddings);
    const logits = await classifier.logits(embeddings);
    predictions.push(...predictionsOf(dataset, loaded.read, logits, options.best ?? 5));
  }
  if (predictions.length === 0) throw noImages('Zero-shot evaluation', dataset, skipped);
  return { result: resultOf(options, classes.length, predictions), predictions, skipped, cached: classifier.cached };
}

/**
 * The predictions for images with these logits [n, C] over the classes, which are the data set's groups in their order.
 */
export function predictionsOf(
  dataset: Pick<Dataset, 'name' | 'groups'>,
  images: readonly ReadImage[],
  logits: Float32Array,
  best: number,
): ImagePrediction[] {
  const { names, ofPair } = requireGroups(dataset);
  return images.map(({ index, key }, row) => {
    const scores = logits.subarray(row * names.length, (row + 1) * names.length);
    const truth = ofPair[index]!;
    return {
      index,
      key,
      truth: names[truth]!,
      rank: rankOf(scores, truth),
      best: mostProbable(scores, names, best),
    };
  });
}

/** Top-1 and top-5 are means over the images. */
export function resultOf(
  { name, step }: Pick<ZeroShotEvaluationOptions, 'name' | 'step'>,
  classes: number,
  predictions: readonly ImagePrediction[],
): ZeroShotResult {
  const within = (k: number): number => predictions.filter(({ rank }) => rank <= k).length / predictions.length;
  const accuracy = { top1: within(1), top5: within(5), chance: 1 / classes };
  return { kind: 'zero-shot', name, step, classes, images: predictions.length, ...accuracy };
}
