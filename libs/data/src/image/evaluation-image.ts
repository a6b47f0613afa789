import { decodeImage } from './decode-image.js';
import { writePixelValues } from './pixel-values.js';
import { resample } from './resample.js';

// A photo of many megapixels is first made this many times as large as needed, by libvips on a thread of its own; the
// bicubic step from there gives what it gives from the original but for a rounding to bytes.
const oversampling = 4;

/**
 * An image as it is evaluated: shorter side resized to `side` (bicubic), the middle cut out, normalised: [side, side,
 * 3]. No randomness. DATA_INVALID where the bytes are no image. Source: openai/CLIP clip.py, _transform.
 */
export async function evaluationImage(bytes: Uint8Array, side: number): Promise<Float32Array> {
  const image = await decodeImage(bytes, side * oversampling);
  const shorter = Math.min(image.width, image.height);
  // Resizing and cutting in one: the square in the middle, on whole pixels of the resized image as torchvision cuts it.
  const [resizedWidth, resizedHeight] = [
    Math.floor((side * image.width) / shorter),
    Math.floor((side * image.height) / shorter),
  ];
  const [scaleX, scaleY] = [image.width / resizedWidth, image.height / resizedHeight];
  const box = {
    left: middle(resizedWidth - side) * scaleX,
    top: middle(resizedHeight - side) * scaleY,
    width: side * scaleX,
    height: side * scaleY,
  };
  const values = new Float32Array(side * side * 3);
  writePixelValues(resample(image, box, side, side, values), values, 0);
  return values;
}

/** Half, and where that is between two pixels the even one, as Python rounds. */
function middle(extent: number): number {
  const half = extent / 2;
  return Number.isInteger(half) ? half : 2 * Math.round(half / 2);
}
