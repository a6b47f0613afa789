import { canonicalJson, sha256 } from '#data/dataset/canonical-json.js';
import type { Dataset } from '#data/dataset/dataset.js';
import { noImages, type ReadImage, type SkippedImage } from '#inference/dataset-images.js';
import { bytesText } from '#protocol/input/shown.js';
import { featureShardImages, shardsPerTaskMax } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import { decodeFeaturePiece, encodeFeaturePiece, type FeaturePiece } from './feature-piece.js';
import { featuresHere, type FeatureSource, type ImageSpan } from './feature-source.js';
import type { ImageEncoder } from './image-encoder.js';

/** The features of all images of a data set that can be read. */
export interface DatasetFeatures {
  /** One for each row, in the data set's order. */
  readonly read: readonly ReadImage[];
  readonly skipped: readonly SkippedImage[];
  /** [n, w] */
  readonly features: Float32Array;
  /** [n, d], rows of unit length; only of a model with a text tower. */
  readonly embeddings: Float32Array | undefined;
  /** Images whose features came from the store. */
  readonly cached: number;
}

export interface DatasetFeaturesOptions {
  /** Keeps the features for the next time. */
  readonly store?: Store | undefined;
  readonly signal?: AbortSignal;
  /** Called now and then with the number of images that are done, and of those that came from the store. */
  onProgress?(done: number, cached: number): void;
}

/** Images whose features are stored as one blob: what is lost at most when the computation is cut off. */
const pieceImages = featureShardImages * shardsPerTaskMax;

/** All features of a data set are in memory at once. */
const featureBytesMax = 4 * 2 ** 30;

/**
 * The features of a data set, computed once: they are stored piece by piece under a hash of encoder and data set, and
 * read from there afterwards. A stored piece that cannot be read is computed again. Throws DATA_INVALID if no image can
 * be read, or if the features take more than `featureBytesMax`; NON_FINITE if a feature is not finite.
 */
export function datasetFeatures(
  encoder: ImageEncoder,
  dataset: Dataset,
  options: DatasetFeaturesOptions & { readonly store: Store },
): Promise<DatasetFeatures> {
  return featuresFrom(featuresHere(encoder), dataset, options);
}

/** The same from any source; without a store nothing is kept. */
export async function featuresFrom(
  source: FeatureSource,
  dataset: Dataset,
  { store, signal, onProgress }: DatasetFeaturesOptions,
): Promise<DatasetFeatures> {
  const keyOf = (span: ImageSpan): string => pieceKey(source.hash, dataset, span);
  const spans = spansOf(dataset.pairs);
  const pieces = new Map<ImageSpan, FeaturePiece>();
  let [done, cached] = [0, 0];
  const take = (span: ImageSpan, piece: FeaturePiece): void => {
    pieces.set(span, piece);
    checkBytes(piece, dataset);
  };
  for (const span of store ? spans : []) {
    const found = await readPiece(store!, keyOf(span), span);
    if (!found) continue;
    take(span, found);
    cached += span.end - span.first;
    onProgress?.((done += span.end - span.first), cached);
  }
  await source.compute(
    dataset,
    spans.filter((span) => !pieces.has(span)),
    {
      signal,
      onImages: (images) => onProgress?.((done += images), cached),
      async onPiece(span, piece) {
        take(span, piece);
        await store?.put(keyOf(span), encodeFeaturePiece(piece));
      },
    },
  );
  return {
    ...(await togetherOf(
      spans.map((span) => pieces.get(span)!),
      dataset,
    )),
    cached,
  };
}

/** Of how many images of a data set a store has the features that an encoder of this hash gives. */
export async function cachedImages(store: Store, encoderHash: string, dataset: Dataset): Promise<number> {
  const keys = new Set<string>();
  for await (const key of store.list(`${featuresFolder(encoderHash, dataset.hash)}/`)) keys.add(key);
  const spans = spansOf(dataset.pairs).filter((span) => keys.has(pieceKey(encoderHash, dataset, span)));
  return spans.reduce((images, { first, end }) => images + end - first, 0);
}

function pieceKey(encoderHash: string, { hash }: Dataset, { first }: ImageSpan): string {
  return `${featuresFolder(encoderHash, hash)}/${String(first / pieceImages).padStart(6, '0')}.safetensors`;
}

function featuresFolder(encoderHash: string, dataHash: string): string {
  return `features/${sha256(canonicalJson([encoderHash, dataHash]))}`;
}

function spansOf(images: number): ImageSpan[] {
  return Array.from({ length: Math.ceil(images / pieceImages) }, (_, piece) => ({
    first: piece * pieceImages,
    end: Math.min((piece + 1) * pieceImages, images),
  }));
}

async function togetherOf(pieces: readonly FeaturePiece[], dataset: Dataset): Promise<Omit<DatasetFeatures, 'cached'>> {
  const read = pieces.flatMap((piece) => piece.read);
  const skipped = pieces.flatMap((piece) => piece.skipped);
  if (read.length === 0) throw noImages('Evaluation', dataset, skipped);
  const withRows = pieces.filter((piece) => piece.read.length > 0);
  const embeddings = withRows.flatMap((piece) => (piece.embeddings ? [piece.embeddings] : []));
  return {
    read,
    skipped,
    features: await inTurns(sharedRows(withRows.map((piece) => piece.features))),
    embeddings: embeddings.length > 0 ? await inTurns(sharedRows(embeddings)) : undefined,
  };
}

async function readPiece(store: Store, key: string, { first, end }: ImageSpan): Promise<FeaturePiece | undefined> {
  try {
    return decodeFeaturePiece(await store.get(key), first, end);
  } catch (thrown) {
    if (thrown instanceof TandemError && (thrown.code === ErrorCode.NotFound || thrown.code === ErrorCode.DataInvalid))
      return undefined;
    throw thrown;
  }
}

/** Throws if a piece says that all will be too many. */
function checkBytes(last: FeaturePiece, { pairs, name }: Dataset): void {
  if (last.read.length === 0) return;
  const each = ((last.features.length + (last.embeddings?.length ?? 0)) * 4) / last.read.length;
  if (each * pairs <= featureBytesMax) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Evaluation: expected features of at most ${bytesText(featureBytesMax)}, got ` +
      `${bytesText(each * pairs)} for the ` +
      `${pairs} images of "${name}".`,
    help: 'Evaluate a part of it: `tandem dataset prepare --hold-out 0.01` makes one.',
  });
}

/** The rows of all pieces, in memory that threads share: a probe is fitted in one. */
function* sharedRows(parts: readonly Float32Array[]): Pausable<Float32Array> {
  const values = parts.reduce((sum, part) => sum + part.length, 0);
  const all = new Float32Array(new SharedArrayBuffer(values * Float32Array.BYTES_PER_ELEMENT));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
    yield;
  }
  return all;
}
