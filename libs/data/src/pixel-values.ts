import { sameColours, type ColourMatrix } from './colour-matrix.js';
import type { FloatImage } from './resample.js';

/** CLIP's mean and standard deviation of red, green and blue, of values 0 … 1. Source: openai/CLIP clip.py. */
export const MEAN = [0.48145466, 0.4578275, 0.40821073] as const;
export const STD = [0.26862954, 0.26130258, 0.27577711] as const;

/**
 * Write an image as a tower reads it: colours through `colours`, cut to 0 … 255, (value / 255 − mean) / std; mirrored left
 * to right if `flip`. `into`: [height, width, 3] from `offset` on.
 */
export function writePixelValues(image: FloatImage, into: Float32Array, offset: number, flip = false, colours: ColourMatrix = sameColours): void {
  const { width, height, values } = image;
  if (colours === sameColours) return writeSameColours(image, into, offset, flip);
  const [m0, m1, m2, m3, m4, m5, m6, m7, m8] = colours;
  let from = 0;
  for (let y = 0; y < height; y++) {
    const row = offset + y * width * 3;
    for (let x = 0; x < width; x++) {
      const red = values[from] as number;
      const green = values[from + 1] as number;
      const blue = values[from + 2] as number;
      from += 3;
      const out = row + (flip ? width - 1 - x : x) * 3;
      into[out] = cut(m0 * red + m1 * green + m2 * blue) * SCALE[0] + SHIFT[0];
      into[out + 1] = cut(m3 * red + m4 * green + m5 * blue) * SCALE[1] + SHIFT[1];
      into[out + 2] = cut(m6 * red + m7 * green + m8 * blue) * SCALE[2] + SHIFT[2];
    }
  }
}

/** As above with no colour changed, which most images are: half of the work. */
function writeSameColours({ width, height, values }: FloatImage, into: Float32Array, offset: number, flip: boolean): void {
  let from = 0;
  for (let y = 0; y < height; y++) {
    const row = offset + y * width * 3;
    for (let x = 0; x < width; x++, from += 3) {
      const out = row + (flip ? width - 1 - x : x) * 3;
      into[out] = cut(values[from] as number) * SCALE[0] + SHIFT[0];
      into[out + 1] = cut(values[from + 1] as number) * SCALE[1] + SHIFT[1];
      into[out + 2] = cut(values[from + 2] as number) * SCALE[2] + SHIFT[2];
    }
  }
}

const SCALE = [1 / (255 * STD[0]), 1 / (255 * STD[1]), 1 / (255 * STD[2])] as const;
const SHIFT = [-MEAN[0] / STD[0], -MEAN[1] / STD[1], -MEAN[2] / STD[2]] as const;

function cut(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
