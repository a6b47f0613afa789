import type { Dataset } from '#data/dataset/dataset.js';
import type { ReadImage } from '#inference/dataset-images.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** The captions of the images that could be read. */
export interface ImageCaptions {
  readonly texts: readonly string[];
  /** For each text the row of its image in `read`. */
  readonly imageOf: Int32Array;
  /** Texts that another image has too, word for word: for them several images would be right, and one counts. */
  readonly shared: number;
  /** Images without a caption. */
  readonly without: number;
}

/** All captions of the images, in order. Throws DATA_INVALID if there is none. */
export async function imageCaptions(dataset: Dataset, read: readonly ReadImage[]): Promise<ImageCaptions> {
  const texts: string[] = [];
  const imageOf: number[] = [];
  const ownersOf = new Map<string, Set<number>>();
  let without = 0;
  for (const [row, { index }] of read.entries()) {
    const { captions } = await dataset.sample(index);
    if (captions.length === 0) without += 1;
    for (const caption of captions) {
      texts.push(caption);
      imageOf.push(row);
      ownersOf.set(caption, (ownersOf.get(caption) ?? new Set()).add(row));
    }
  }
  if (texts.length === 0)
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Retrieval: expected images with captions, got ${read.length} without any in "${dataset.name}".`,
      help: 'Prepare the data set with captions.',
    });
  const shared = texts.filter((text) => ownersOf.get(text)!.size > 1).length;
  return { texts, imageOf: Int32Array.from(imageOf), shared, without };
}
