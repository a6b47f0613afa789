import { bicubic, type FloatImage } from './resample.js';

/**
 * The `width` × `height` rectangle around the center of `image`, turned by `radians` (counter-clockwise as seen). Bicubic;
 * where the rectangle leaves the image, the nearest pixel of the edge.
 */
export function rotate(image: FloatImage, radians: number, width: number, height: number): FloatImage {
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const values = new Float32Array(height * width * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    const down = y + 0.5 - height / 2;
    for (let x = 0; x < width; x++) {
      const right = x + 0.5 - width / 2;
      samplePoint(image, image.width / 2 + cos * right - sin * down - 0.5, image.height / 2 + sin * right + cos * down - 0.5, values, out);
      out += 3;
    }
  }
  return { width, height, values };
}

/** Value at a point between pixels, whose centers have whole coordinates; 16 taps. */
function samplePoint({ width, height, values }: FloatImage, x: number, y: number, into: Float32Array, out: number): void {
  const left = Math.floor(x);
  const top = Math.floor(y);
  let red = 0;
  let green = 0;
  let blue = 0;
  for (let i = -1; i <= 2; i++) {
    const column = Math.min(Math.max(left + i, 0), width - 1);
    const columnWeight = bicubic(x - left - i);
    for (let j = -1; j <= 2; j++) {
      const from = (Math.min(Math.max(top + j, 0), height - 1) * width + column) * 3;
      const weight = columnWeight * bicubic(y - top - j);
      red += weight * (values[from] as number);
      green += weight * (values[from + 1] as number);
      blue += weight * (values[from + 2] as number);
    }
  }
  into[out] = red;
  into[out + 1] = green;
  into[out + 2] = blue;
}
