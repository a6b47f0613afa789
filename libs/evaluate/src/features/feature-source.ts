import type { Dataset } from '#data/dataset/dataset.js';
import { datasetImages, type ReadImage, type SkippedImage } from '#inference/dataset-images.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { FeaturePiece } from './feature-piece.js';
import type { EncodedImages, ImageEncoder } from './image-encoder.js';

/** Neighbouring images of a data set: those from `first` to before `end`. */
export interface ImageSpan {
  readonly first: number;
  readonly end: number;
}

export interface SpanTerms {
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of images that are done since the last call. */
  onImages(images: number): void;
  /** Called once for each span, in any order. What it throws ends the computation. */
  onPiece(span: ImageSpan, piece: FeaturePiece): Promise<void>;
}

/** Computes features of images: in this process, or on a pool of workers. */
export interface FeatureSource {
  /** sha256 of the weights and of how images are prepared, as of an ImageEncoder. */
  readonly hash: string;
  compute(dataset: Dataset, spans: readonly ImageSpan[], terms: SpanTerms): Promise<void>;
}

/** An encoder of this process, which takes the spans one after another. */
export function featuresHere(encoder: ImageEncoder): FeatureSource {
  return {
    hash: encoder.hash,
    async compute(dataset, spans, { signal, onImages, onPiece }) {
      for (const span of spans) await onPiece(span, await computePiece(encoder, dataset, span, { signal, onImages }));
    },
  };
}

/** The features of one span. Throws NON_FINITE, naming the image, if one is not finite. */
export async function computePiece(
  encoder: Pick<ImageEncoder, 'name' | 'batch' | 'prepare' | 'embed'>,
  dataset: Dataset,
  { first, end }: ImageSpan,
  { signal, onImages }: Pick<SpanTerms, 'signal' | 'onImages'>,
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
    onImages(loaded.read.length + loaded.skipped.length);
  }
  return { read, skipped, ...joinedRows(batches) };
}

/** The rows of several parts, in their order. Parts without rows have none of either kind. */
export function joinedRows(parts: readonly EncodedImages[]): EncodedImages {
  const embeddings = parts.flatMap((part) => (part.embeddings ? [part.embeddings] : []));
  return {
    features: joined(parts.map(({ features }) => features)),
    ...(embeddings.length > 0 && { embeddings: joined(embeddings) }),
  };
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

function checkedFinite(
  encoded: EncodedImages,
  { name }: Pick<ImageEncoder, 'name'>,
  images: readonly ReadImage[],
): EncodedImages {
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
