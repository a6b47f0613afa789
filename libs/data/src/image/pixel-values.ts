import { sameColours, type ColourMatrix } from './colour-matrix.js';
import { floatsAt, pixelBytes, placesOf, valueBytes, writeColours } from './image-kernel.js';
import { clipNormalisation, type Normalisation } from './normalisation.js';
import type { FloatImage } from './resample.js';

/**
 * Writes an image as a tower reads it: colours transformed by `colours`, clamped to 0 … 255, then (value / 255 − mean)
 * / std of the normalisation; mirrored left to right if `flip`. `into` is [height, width, 3] from `offset` on.
 */
export function writePixelValues(
  { width, height, values }: FloatImage,
  into: Float32Array,
  offset: number,
  flip = false,
  colours: ColourMatrix = sameColours,
  { mean, std }: Normalisation = clipNormalisation,
): void {
  const rowBytes = width * pixelBytes;
  const [count, byteLength] = [height * width * 3, height * rowBytes];
  const [pixels, written, constants] = placesOf([byteLength, byteLength, constantsLength * valueBytes]) as [
    number,
    number,
    number,
  ];
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = colours;
  floatsAt(constants, constantsLength).set([
    m0,
    m3,
    m6,
    0,
    m1,
    m4,
    m7,
    0,
    m2,
    m5,
    m8,
    0,
    ...std.map((value) => 1 / (255 * value)),
    0,
    ...mean.map((value, channel) => -value / std[channel]!),
    0,
  ]);
  floatsAt(pixels, count).set(values.subarray(0, count));
  for (let row = 0; row < byteLength; row += rowBytes) {
    const first = written + row + (flip ? rowBytes - pixelBytes : 0);
    writeColours(first, flip ? -pixelBytes : pixelBytes, pixels + row, pixels + row + rowBytes, constants);
  }
  into.set(floatsAt(written, count), offset);
}

const constantsLength = 5 * 4;
