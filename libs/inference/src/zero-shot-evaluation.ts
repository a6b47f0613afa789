import type { Dataset } from '#data/dataset/dataset.js';
import { requireGroups } from '#data/dataset/required-groups.js';
import { evaluationImage } from '#data/image/evaluation-image.js';
import type { EvaluationResult } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import type { ClipModel } from './clip-model.js';
import { mostProbable, rankOf, type LabelProbability } from './ranking.js';
import { openZeroShotClassifier, type ZeroShotClassifier } from './zero-shot-classifier.js';

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
  readonly result: EvaluationResult;
  /** One per readable image, in the data set's order. */
  readonly predictions: readonly ImagePrediction[];
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
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
  const skipped: { key: string; reason: string }[] = [];
  let loading = loadImages(dataset, 0, model);
  for (let first = 0; first < dataset.pairs; first += model.batch) {
    options.signal?.throwIfAborted();
    const loaded = await loading;
    const next = first + model.batch;
    if (next < dataset.pairs) {
      loading = loadImages(dataset, next, model);
      // A failure is thrown where the promise is awaited. If the loop ends before, it must not count as unhandled.
      loading.catch(() => undefined);
    }
    skipped.push(...loaded.skipped);
    const embeddings = await model.embedImages(loaded.pixels);
    options.onEmbedded?.(embeddings);
    const logits = await classifier.logits(embeddings);
    predictions.push(...predictionsOf(dataset, loaded, classifier, logits, options.best ?? 5));
  }
  if (predictions.length === 0) throw noImages(dataset, skipped);
  return { result: resultOf(options, classes.length, predictions), predictions, skipped, cached: classifier.cached };
}

interface LoadedImages {
  /** [n, H, W, 3]. */
  readonly pixels: Float32Array;
  readonly samples: readonly { readonly index: number; readonly key: string }[];
  readonly skipped: readonly { readonly key: string; readonly reason: string }[];
}

/** Up to a batch of images, loaded while the model computes the batch before. */
async function loadImages(dataset: Dataset, first: number, { batch, config }: ClipModel): Promise<LoadedImages> {
  const side = config.vision_cfg.image_size;
  const indices = Array.from({ length: Math.min(batch, dataset.pairs - first) }, (_, place) => first + place);
  const images = await Promise.all(indices.map((index) => loadImage(dataset, index, side)));
  const readable = images.filter((image) => image.kind === 'readable');
  const pixels = new Float32Array(readable.length * side * side * 3);
  readable.forEach((image, row) => pixels.set(image.pixels, row * side * side * 3));
  return {
    pixels,
    samples: readable,
    skipped: images.flatMap((image) => (image.kind === 'unreadable' ? [{ key: image.key, reason: image.reason }] : [])),
  };
}

type LoadedImage =
  | { readonly kind: 'readable'; readonly index: number; readonly key: string; readonly pixels: Float32Array }
  | { readonly kind: 'unreadable'; readonly key: string; readonly reason: string };

async function loadImage(dataset: Dataset, index: number, side: number): Promise<LoadedImage> {
  const { key, image } = await dataset.sample(index);
  try {
    return { kind: 'readable', index, key, pixels: await evaluationImage(image, side) };
  } catch (thrown) {
    if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid)
      return { kind: 'unreadable', key, reason: thrown.message };
    throw thrown;
  }
}

function predictionsOf(
  dataset: Dataset,
  { samples }: LoadedImages,
  { classes }: ZeroShotClassifier,
  logits: Float32Array,
  best: number,
): ImagePrediction[] {
  const { names, ofPair } = requireGroups(dataset);
  return samples.map(({ index, key }, row) => {
    const scores = logits.subarray(row * classes.length, (row + 1) * classes.length);
    const truth = ofPair[index]!;
    return {
      index,
      key,
      truth: names[truth]!,
      rank: rankOf(scores, truth),
      best: mostProbable(scores, classes, best),
    };
  });
}

function resultOf(
  { name, step }: ZeroShotEvaluationOptions,
  classes: number,
  predictions: readonly ImagePrediction[],
): EvaluationResult {
  const within = (k: number): number => predictions.filter(({ rank }) => rank <= k).length / predictions.length;
  return { name, step, classes, images: predictions.length, top1: within(1), top5: within(5), chance: 1 / classes };
}

function noImages(
  dataset: Dataset,
  skipped: readonly { readonly key: string; readonly reason: string }[],
): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Zero-shot evaluation: none of the ${dataset.pairs} images of "${dataset.name}" can be read; ` +
      `the first, ${skipped[0]?.key ?? ''}: ${skipped[0]?.reason ?? ''}`,
    help: 'Prepare the data set again.',
  });
}
