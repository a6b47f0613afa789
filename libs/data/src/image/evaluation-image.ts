import { decodeImage } from './decode-image.js';
import { writePixelValues } from './pixel-values.js';
import { resample } from './resample.js';

// libvips first reduces a large photo to this many times the needed size, on a thread of its own.
const oversampling = 4;

/**
 * Preprocesses an image for evaluation: shorter side resized to `side` (bicubic), centre crop, normalisation: [side,
 * side, 3]. Nothing is random. Throws DATA_INVALID if the bytes cannot be decoded. Source: openai/CLIP clip.py,
 * _transform; its sizes are those of torchvision's Resize and CenterCrop.
 */
export async function evaluationImage(bytes: Uint8Array, side: number): Promise<Float32Array> {
  const image = await decodeImage(bytes, side * oversampling);
  const { width, height } = image.original;
  const shorter = Math.min(width, height);
  // Resize and crop in one step: the box of the centre crop, on whole pixels of the resized image, as torchvision crops
  // it.
  const [resizedWidth, resizedHeight] = [Math.floor((side * width) / shorter), Math.floor((side * height) / shorter)];
  const [scaleX, scaleY] = [width / resizedWidth, height / resizedHeight];
  const box = {
    left: roundedHalf(resizedWidth - side) * scaleX,
    top: roundedHalf(resizedHeight - side) * scaleY,
    width: side * scaleX,
    height: side * scaleY,
  };
  const values = new Float32Array(side * side * 3);
  writePixelValues(resample(image, box, side, side, values), values, 0);
  return values;
}

/** Half of `extent`, with ties rounded to even, as Python's round does. */
function roundedHalf(extent: number): number {
  const half = extent / 2;
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2);
}
