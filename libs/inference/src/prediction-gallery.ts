import { sha256 } from '#data/dataset/canonical-json.js';
import type { Dataset } from '#data/dataset/dataset.js';
import { percent, unbroken, whole } from '#report/figures.js';
import type { Gallery } from '#report/report.js';
import type { ImagePrediction, ZeroShotEvaluation } from './zero-shot-evaluation.js';

export interface PredictionGalleryOptions {
  readonly heading: string;
  /** Images to show of those classified correctly, and of the rest; fewer where there are fewer. */
  readonly right: number;
  readonly wrong: number;
  readonly seed: number;
  /** A better image to show than the data set's, by its key; undefined where there is none. */
  imageOf?(key: string): Uint8Array | undefined;
}

/** Images of an evaluation with the model's predictions, drawn at random rather than picked for how well they look. */
export async function predictionGallery(
  dataset: Dataset,
  evaluation: ZeroShotEvaluation,
  options: PredictionGalleryOptions,
): Promise<Gallery> {
  const { right, wrong } = drawPredictions(evaluation.predictions, options);
  const tiles = await Promise.all(
    [...right, ...wrong].map(async ({ index, ...prediction }) => ({
      ...prediction,
      image: options.imageOf?.(prediction.key) ?? (await dataset.sample(index)).image,
    })),
  );
  const { images, top1 } = evaluation.result;
  const overall = `Of all ${whole(images)} images, it gets ${unbroken(percent(top1))} right.`;
  return {
    heading: options.heading,
    note: `${right.length} it got right and ${wrong.length} it got wrong, each drawn at random. ${overall}`,
    tiles,
  };
}

/** Draws by a hash of seed and key, so that an image's place does not depend on what else is in the data set. */
export function drawPredictions(
  predictions: readonly ImagePrediction[],
  { right, wrong, seed }: Pick<PredictionGalleryOptions, 'right' | 'wrong' | 'seed'>,
): { readonly right: readonly ImagePrediction[]; readonly wrong: readonly ImagePrediction[] } {
  const drawn = predictions
    .map((prediction) => ({ prediction, place: sha256(`${seed} ${prediction.key}`) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1))
    .map(({ prediction }) => prediction);
  return {
    right: drawn.filter(({ rank }) => rank === 1).slice(0, right),
    wrong: drawn.filter(({ rank }) => rank > 1).slice(0, wrong),
  };
}
