import { describe, expect, it } from 'vitest';
import { afterwards, brightness, hue, saturation, type ColourMatrix } from './colour-matrix.js';
import { pixelMean, pixelStd } from './normalisation.js';
import { writePixelValues } from './pixel-values.js';

const colours = afterwards(afterwards(brightness(1.3), saturation(0.4)), hue(0.7));
const [width, height, offset] = [7, 5, 4];
const image = {
  width,
  height,
  values: Float32Array.from({ length: width * height * 3 }, (_, i) => 127 + 180 * Math.sin(i * i)),
};

describe('writePixelValues', () => {
  it.each([false, true])('every value as the formula has it, in float32 and to the last bit; mirrored: %s', (flip) => {
    const untouched = 42;
    const into = new Float32Array(offset + image.values.length + 3).fill(untouched);
    writePixelValues(image, into, offset, flip, colours);
    const expected = new Float32Array(into.length).fill(untouched);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const pixel = image.values.subarray((y * width + x) * 3, (y * width + x) * 3 + 3);
        expected.set(pixelValues(pixel, colours), offset + (y * width + (flip ? width - 1 - x : x)) * 3);
      }
    }
    expect(into).toEqual(expected);
  });
});

/** The formula in JavaScript, rounded to float32 after each operation. */
function pixelValues(pixel: Float32Array, matrix: ColourMatrix): number[] {
  const { fround } = Math;
  return [0, 1, 2].map((row) => {
    const [red, green, blue] = [0, 1, 2].map((column) =>
      fround(pixel[column]! * fround(matrix[row * 3 + column]!)),
    ) as [number, number, number];
    const colour = Math.min(Math.max(fround(fround(red + green) + blue), 0), 255);
    return fround(fround(colour * fround(1 / (255 * pixelStd[row]!))) + fround(-pixelMean[row]! / pixelStd[row]!));
  });
}
