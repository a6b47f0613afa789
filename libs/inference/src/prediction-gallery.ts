import { sha256 } from '#data/dataset/canonical-json.js';
import type { Dataset } from '#data/dataset/dataset.js';
import { percent, unbroken, whole } from '#report/figures.js';
import type { Gallery } from '#report/report.js';
import type { ImagePrediction, ZeroShotEvaluation } from './zero-shot-evaluation.js';

export interface PredictionGalleryOptions {
  readonly heading: string;
  /** Images wanted of those classified rightly and of the rest; fewer where there are not so many. */
  readonly right: number;
  readonly wrong: number;
  readonly seed: number;
}

/** Images of an evaluation with what the model said of each, drawn at random and not by how well they look. */
export async function predictionGallery(
  dataset: Dataset,
  evaluation: ZeroShotEvaluation,
  options: PredictionGalleryOptions,
): Promise<Gallery> {
  const { right, wrong } = drawPredictions(evaluation.predictions, options);
  const tiles = await Promise.all(
    [...right, ...wrong].map(async ({ index, ...prediction }) => ({
      ...prediction,
      image: (await dataset.sample(index)).image,
    })),
  );
  const { images, top1 } = evaluation.result;
  const overall = `Of all ${whole(images)} images it names ${unbroken(percent(top1))} rightly.`;
  return {
    heading: options.heading,
    note: `${right.length} it got right and ${wrong.length} it got wrong, each drawn at random. ${overall}`,
    tiles,
  };
}

/** The order of drawing is by hash of seed and key: the same for the same seed, whatever else is in the data set. */
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
