import { z } from 'zod';
import type { ReadImage, SkippedImage } from '#inference/dataset-images.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeSafetensors, encodeSafetensors, type SafeTensor } from '#store/safetensors/safetensors.js';
import type { EncodedImages } from './image-encoder.js';

/** Features of neighbouring images of a data set, as they are stored. */
export interface FeaturePiece extends EncodedImages {
  readonly read: readonly ReadImage[];
  readonly skipped: readonly SkippedImage[];
}

const imagesSchema = z.object({
  read: z.array(z.object({ index: z.int().min(0), key: z.string() })),
  skipped: z.array(z.object({ key: z.string(), reason: z.string() })),
});

/** The tensors `features` [n, w] and `embeddings` [n, d]; which images they are of is in the metadata. */
export function encodeFeaturePiece({ read, skipped, features, embeddings }: FeaturePiece): Uint8Array {
  const rows = (data: Float32Array): SafeTensor => ({
    dtype: 'F32',
    shape: [read.length, read.length === 0 ? 0 : data.length / read.length],
    data,
  });
  return encodeSafetensors(
    { features: rows(features), ...(embeddings && { embeddings: rows(embeddings) }) },
    { images: JSON.stringify({ read, skipped }) },
  );
}

/** The piece of the images from `first` to before `end`. Throws DATA_INVALID if the blob is none of these. */
export function decodeFeaturePiece(bytes: Uint8Array, first: number, end: number): FeaturePiece {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { read, skipped } = imagesOf(metadata['images']);
  const valuesOf = (name: string): Float32Array | undefined => {
    const tensor = tensors[name];
    return tensor?.dtype === 'F32' && tensor.shape[0] === read.length ? tensor.data : undefined;
  };
  const [features, embeddings] = [valuesOf('features'), valuesOf('embeddings')];
  const isWhole = read.length + skipped.length === end - first;
  if (!features || !isWhole || read.some(({ index }) => index < first || index >= end))
    throw invalid(`features of the images ${first} to ${end - 1}`);
  return { read, skipped, features, ...(embeddings && { embeddings }) };
}

function imagesOf(json: string | undefined): z.output<typeof imagesSchema> {
  try {
    return imagesSchema.parse(JSON.parse(json ?? ''));
  } catch {
    throw invalid('a list of images');
  }
}

function invalid(expected: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Stored features: expected ${expected}, got something else.`,
  });
}
