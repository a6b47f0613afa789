import type { Dataset } from '#data/dataset/dataset.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Images of a data set, prepared for a model. */
export interface DatasetImages {
  /** [n, …], one row for each image in `read`. */
  readonly pixels: Float32Array;
  /** In the data set's order. */
  readonly read: readonly ReadImage[];
  readonly skipped: readonly SkippedImage[];
}

export interface ReadImage {
  /** Index of the image in the data set. */
  readonly index: number;
  readonly key: string;
}

/** An image that cannot be read. */
export interface SkippedImage {
  readonly key: string;
  readonly reason: string;
}

export interface DatasetImagesOptions {
  /** Images yielded at once. */
  readonly batch: number;
  /** The first image, and the one after the last; all if left out. */
  readonly first?: number;
  readonly end?: number;
  readonly signal?: AbortSignal;
  /** A file as a model reads it. What it throws as DATA_INVALID makes the image a skipped one. */
  prepare(image: Uint8Array): Promise<Float32Array>;
}

/**
 * Yields the images of a data set in order, up to `batch` at a time. The next ones are loaded while those before are
 * used.
 */
export async function* datasetImages(dataset: Dataset, options: DatasetImagesOptions): AsyncGenerator<DatasetImages> {
  const { batch, first = 0, end = dataset.pairs, signal } = options;
  let loading = loadImages(dataset, first, Math.min(first + batch, end), options);
  for (let next = first + batch; ; next += batch) {
    signal?.throwIfAborted();
    const loaded = await loading;
    if (next < end) {
      loading = loadImages(dataset, next, Math.min(next + batch, end), options);
      // A failure is thrown where the promise is awaited. If the loop ends before, it must not count as unhandled.
      loading.catch(() => undefined);
    }
    yield loaded;
    if (next >= end) return;
  }
}

/** The error of a data set of which no image can be read. */
export function noImages(
  what: string,
  { pairs, name }: Pick<Dataset, 'pairs' | 'name'>,
  skipped: readonly SkippedImage[],
): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `${what}: none of the ${pairs} images of "${name}" can be read; ` +
      `the first, ${skipped[0]?.key ?? ''}: ${skipped[0]?.reason ?? ''}`,
    help: 'Prepare the data set again.',
  });
}

async function loadImages(
  dataset: Dataset,
  first: number,
  end: number,
  { prepare }: DatasetImagesOptions,
): Promise<DatasetImages> {
  const indices = Array.from({ length: end - first }, (_, place) => first + place);
  const images = await Promise.all(indices.map((index) => loadImage(dataset, index, prepare)));
  const read = images.filter((image) => image.kind === 'read');
  const size = read[0]?.pixels.length ?? 0;
  const pixels = new Float32Array(read.length * size);
  read.forEach((image, row) => pixels.set(image.pixels, row * size));
  return {
    pixels,
    read: read.map(({ index, key }) => ({ index, key })),
    skipped: images.flatMap((image) => (image.kind === 'skipped' ? [{ key: image.key, reason: image.reason }] : [])),
  };
}

type LoadedImage =
  | ({ readonly kind: 'read'; readonly pixels: Float32Array } & ReadImage)
  | ({ readonly kind: 'skipped' } & SkippedImage);

async function loadImage(
  dataset: Dataset,
  index: number,
  prepare: DatasetImagesOptions['prepare'],
): Promise<LoadedImage> {
  const { key, image } = await dataset.sample(index);
  try {
    return { kind: 'read', index, key, pixels: await prepare(image) };
  } catch (thrown) {
    if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid)
      return { kind: 'skipped', key, reason: thrown.message };
    throw thrown;
  }
}
