import type { PixelImage } from '../image/decode-image.js';

/** A pair to be stored. */
export interface NewSample {
  /** Unique name of the pair, without a dot, because a webdataset key ends at the first dot. */
  readonly key: string;
  readonly image: Uint8Array;
  readonly extension: 'webp' | 'jpg' | 'png';
  readonly captions: readonly string[];
  /** In the end either all pairs of a data set have a group or none has; see `finish`. */
  readonly group?: string;
}

/** A pair as it is stored. */
export interface Sample {
  readonly key: string;
  /** The image file: webp, jpg or png. */
  readonly image: Uint8Array;
  readonly captions: readonly string[];
  readonly group?: string;
}

/** A pair with its image decoded, or the reason why the image cannot be decoded. */
export type DecodedSample =
  | {
      readonly kind: 'decoded';
      readonly key: string;
      readonly image: PixelImage;
      /** pairHash of the image file. */
      readonly imageKey: Uint8Array;
      readonly captions: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly key: string; readonly reason: string };
