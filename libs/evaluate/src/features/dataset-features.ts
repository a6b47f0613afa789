import { canonicalJson, sha256 } from '#data/dataset/canonical-json.js';
import type { Dataset } from '#data/dataset/dataset.js';
import { datasetImages, noImages, type ReadImage, type SkippedImage } from '#inference/dataset-images.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { decodeFeaturePiece, encodeFeaturePiece, type FeaturePiece } from './feature-piece.js';
import type { EncodedImages, ImageEncoder } from './image-encoder.js';

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
  readonly store: Store;
  readonly signal?: AbortSignal;
  /** Called after each batch with the number of images that are done. */
  onProgress?(done: number, cached: number): void;
}

/** Images whose features are stored as one blob: what is lost at most when the computation is cut off. */
const pieceImages = 1024;

/** All features of a data set are in memory at once. */
const featureBytesMax = 4 * 2 ** 30;

/**
 * The features of a data set, computed once: they are stored piece by piece under a hash of encoder and data set, and
 * read from there afterwards. A stored piece that cannot be read is computed again. Throws DATA_INVALID if no image can
 * be read, or if the features take more than `featureBytesMax`; NON_FINITE if a feature is not finite.
 */
export async function datasetFeatures(
  encoder: ImageEncoder,
  dataset: Dataset,
  options: DatasetFeaturesOptions,
): Promise<DatasetFeatures> {
  const folder = `features/${sha256(canonicalJson([encoder.hash, dataset.hash]))}`;
  const pieces: FeaturePiece[] = [];
  let [done, cached] = [0, 0];
  for (let first = 0; first < dataset.pairs; first += pieceImages) {
    const end = Math.min(first + pieceImages, dataset.pairs);
    const key = `${folder}/${String(first / pieceImages).padStart(6, '0')}.safetensors`;
    const found = await readPiece(options.store, key, first, end);
    const piece =
      found ??
      (await computePiece(encoder, dataset, first, end, options, (n) => options.onProgress?.(done + n, cached)));
    if (!found) await options.store.put(key, encodeFeaturePiece(piece));
    pieces.push(piece);
    done = end;
    cached += found ? end - first : 0;
    options.onProgress?.(done, cached);
    checkBytes(pieces, dataset);
  }
  const read = pieces.flatMap((piece) => piece.read);
  const skipped = pieces.flatMap((piece) => piece.skipped);
  if (read.length === 0) throw noImages('Evaluation', dataset, skipped);
  const withRows = pieces.filter((piece) => piece.read.length > 0);
  const embeddings = withRows.flatMap((piece) => (piece.embeddings ? [piece.embeddings] : []));
  return {
    read,
    skipped,
    features: joined(withRows.map((piece) => piece.features)),
    embeddings: embeddings.length > 0 ? joined(embeddings) : undefined,
    cached,
  };
}

async function computePiece(
  encoder: ImageEncoder,
  dataset: Dataset,
  first: number,
  end: number,
  { signal }: DatasetFeaturesOptions,
  onBatch: (done: number) => void,
): Promise<FeaturePiece> {
  const images = datasetImages(dataset, {
    batch: encoder.batch,
    first,
    end,
    prepare: (image) => encoder.prepare(image),
    ...(signal && { signal }),
  });
  const read: ReadImage[] = [];
  const skipped: SkippedImage[] = [];
  const batches: EncodedImages[] = [];
  for await (const loaded of images) {
    skipped.push(...loaded.skipped);
    read.push(...loaded.read);
    if (loaded.read.length > 0) batches.push(checkedFinite(await encoder.embed(loaded.pixels), encoder, loaded.read));
    onBatch(read.length + skipped.length);
  }
  const embeddings = batches.flatMap((batch) => (batch.embeddings ? [batch.embeddings] : []));
  return {
    read,
    skipped,
    features: joined(batches.map(({ features }) => features)),
    ...(embeddings.length > 0 && { embeddings: joined(embeddings) }),
  };
}

function checkedFinite(encoded: EncodedImages, { name }: ImageEncoder, images: readonly ReadImage[]): EncodedImages {
  for (const values of [encoded.features, encoded.embeddings ?? new Float32Array()]) {
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) continue;
    const row = Math.floor(bad / (values.length / images.length));
    throw new TandemError({
      code: ErrorCode.NonFinite,
      message:
        `Features: ${name} gives ${values[bad]} for the image "${images[row]?.key ?? ''}", ` +
        `expected a finite number.`,
      help: 'The weights are not finite, or images are prepared in another way than the model was trained with.',
    });
  }
  return encoded;
}

async function readPiece(store: Store, key: string, first: number, end: number): Promise<FeaturePiece | undefined> {
  try {
    return decodeFeaturePiece(await store.get(key), first, end);
  } catch (thrown) {
    if (thrown instanceof TandemError && (thrown.code === ErrorCode.NotFound || thrown.code === ErrorCode.DataInvalid))
      return undefined;
    throw thrown;
  }
}

/** Throws as soon as the pieces so far say that all will be too many. */
function checkBytes(pieces: readonly FeaturePiece[], { pairs, name }: Dataset): void {
  const last = pieces.find((piece) => piece.read.length > 0);
  if (!last) return;
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

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
