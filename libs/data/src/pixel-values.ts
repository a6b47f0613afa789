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
      into[out] = normal(m0 * red + m1 * green + m2 * blue, 0);
      into[out + 1] = normal(m3 * red + m4 * green + m5 * blue, 1);
      into[out + 2] = normal(m6 * red + m7 * green + m8 * blue, 2);
    }
  }
}

function normal(value: number, channel: 0 | 1 | 2): number {
  const cut = value < 0 ? 0 : value > 255 ? 255 : value;
  return (cut / 255 - MEAN[channel]) / STD[channel];
}
