import { sameColours } from './colour-matrix.js';
import { decodeImage, type PixelImage } from './decode-image.js';
import { clipNormalisation, type Normalisation } from './normalisation.js';
import { writePixelValues } from './pixel-values.js';
import { filters, resample, type Box, type FilterName } from './resample.js';

/** How an image becomes the input of an image tower. */
export interface ImagePreparation extends Normalisation {
  readonly interpolation: FilterName;
  /**
   * shortest: the shorter side becomes `resizedSide`, and the centre is cropped; squash: the image becomes a square.
   */
  readonly resizeMode: 'shortest' | 'squash';
  /** Pixels of the shorter side before the crop; those of the crop if left out. */
  readonly resizedSide?: number;
}

/** Source: openai/CLIP clip.py, _transform; its sizes are those of torchvision's. */
export const clipPreparation: ImagePreparation = {
  ...clipNormalisation,
  interpolation: 'bicubic',
  resizeMode: 'shortest',
};

// libvips first reduces a large photo to this many times the needed size, on a thread of its own.
const oversampling = 4;

/**
 * Prepares an image for evaluation, as CLIP does if `preparation` is left out: [side, side, 3]. Nothing is random.
 * Throws DATA_INVALID if the bytes cannot be decoded.
 */
export async function evaluationImage(
  bytes: Uint8Array,
  side: number,
  preparation: ImagePreparation = clipPreparation,
): Promise<Float32Array> {
  const resized = preparation.resizedSide ?? side;
  const image = await decodeImage(bytes, resized * oversampling);
  const box =
    preparation.resizeMode === 'squash'
      ? { left: 0, top: 0, ...image.original }
      : centre(image.original, resized, side);
  const values = new Float32Array(side * side * 3);
  const drawn = resample(image, box, side, side, values, filters[preparation.interpolation]);
  writePixelValues(drawn, values, 0, false, sameColours, preparation);
  return values;
}

/**
 * The box that is seen where the shorter side is resized to `resized` and the centre of `side` is cropped, in one step:
 * on whole pixels of the resized image, as torchvision crops it.
 */
function centre({ width, height }: PixelImage['original'], resized: number, side: number): Box {
  const shorter = Math.min(width, height);
  const [resizedWidth, resizedHeight] = [
    Math.floor((resized * width) / shorter),
    Math.floor((resized * height) / shorter),
  ];
  const [scaleX, scaleY] = [width / resizedWidth, height / resizedHeight];
  return {
    left: roundedHalf(resizedWidth - side) * scaleX,
    top: roundedHalf(resizedHeight - side) * scaleY,
    width: side * scaleX,
    height: side * scaleY,
  };
}

/** Half of `extent`, with ties rounded to even, as Python's round does. */
function roundedHalf(extent: number): number {
  const half = extent / 2;
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2);
}
