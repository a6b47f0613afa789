import type { FloatImage } from './resample.js';

/**
 * Cuts the `width` × `height` rectangle around the centre of `image`, turned by `radians` (clockwise as seen), and
 * writes it to `into`. Interpolation is bilinear: for an output of about the input's size, bicubic costs four times as
 * much for edges that are hardly sharper. Points outside the image take the nearest edge pixel.
 */
export function rotate(
  image: FloatImage,
  radians: number,
  width: number,
  height: number,
  into: Float32Array,
): FloatImage {
  const { values } = image;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const [lastX, lastY] = [image.width - 1, image.height - 1];
  for (let y = 0, out = 0; y < height; y++) {
    const down = y + 0.5 - height / 2;
    for (let x = 0; x < width; x++, out += 3) {
      const right = x + 0.5 - width / 2;
      // Coordinates in the image, where pixel centres are whole numbers.
      const sourceX = Math.min(Math.max(image.width / 2 + cos * right - sin * down - 0.5, 0), lastX);
      const sourceY = Math.min(Math.max(image.height / 2 + sin * right + cos * down - 0.5, 0), lastY);
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const rightwards = sourceX - left;
      const downwards = sourceY - top;
      const a = (top * image.width + left) * 3;
      const b = left < lastX ? a + 3 : a;
      const below = top < lastY ? image.width * 3 : 0;
      for (let channel = 0; channel < 3; channel++) {
        const upper = values[a + channel]! * (1 - rightwards) + values[b + channel]! * rightwards;
        const lower = values[a + below + channel]! * (1 - rightwards) + values[b + below + channel]! * rightwards;
        into[out + channel] = upper * (1 - downwards) + lower * downwards;
      }
    }
  }
  return { width, height, values: into };
}
