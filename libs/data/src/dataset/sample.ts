import type { PixelImage } from '../image/decode-image.js';

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
