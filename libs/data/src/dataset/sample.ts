import type { PixelImage } from '../image/decode-image.js';

/** A pair as it is stored. */
export interface Sample {
  readonly key: string;
  /** The image's file: webp, jpg or png. */
  readonly image: Uint8Array;
  readonly captions: readonly string[];
  readonly group?: string;
}

/** A pair with its image decoded, or why that cannot be. */
export type DecodedSample =
  | {
      readonly kind: 'decoded';
      readonly key: string;
      readonly image: PixelImage;
      /** pairKey of the image's file. */ readonly imageKey: Uint8Array;
      readonly captions: readonly string[];
    }
  | { readonly kind: 'unreadable'; readonly key: string; readonly reason: string };
