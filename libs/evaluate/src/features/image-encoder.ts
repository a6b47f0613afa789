import type { EmbeddedImages } from '#inference/clip-model.js';

/** What an image tower gives for n images. Only a model with a text tower has embeddings to compare with texts. */
export type EncodedImages = Pick<EmbeddedImages, 'features'> & Partial<Pick<EmbeddedImages, 'embeddings'>>;

/**
 * A source of image features in this process: a CLIP's image tower, or an ONNX model. `embed` is all that computes.
 */
export interface ImageEncoder {
  readonly name: string;
  /** sha256 of the weights and of how images are prepared. Encoders with one hash give one result for an image. */
  readonly hash: string;
  /** Images that `embed` is given at once, at most. */
  readonly batch: number;
  /** GFLOP of one image, a multiply-add counted as two; undefined where nothing tells. */
  readonly gigaflops: number | undefined;
  /** An image file as `embed` takes it. Throws DATA_INVALID for one that cannot be read. */
  prepare(image: Uint8Array): Promise<Float32Array>;
  /** Prepared images [n, …] → features [n, w] and, of a CLIP, embeddings [n, d]. */
  embed(pixels: Float32Array): Promise<EncodedImages>;
  close(): Promise<void>;
}
