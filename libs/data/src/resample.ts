import type { PixelImage } from './decode-image.js';

/** A rectangle in pixels of the source, whose left upper pixel covers [0, 1) × [0, 1). */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Planes of floats: [height, width, 3], 0 … 255 and, where bicubic overshoots, a little beyond. */
export interface FloatImage {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/**
 * Bicubic resampling of a box to width × height, antialiased where that makes it smaller. Pixels that the filter would
 * reach beyond the source have no weight; a box may go beyond it and finds the edge's values there. Source: Pillow's Resample.c (a = −0.5), which torchvision's
 * and so open_clip's resizing is, without its rounding to bytes between the two passes.
 *
 * In JavaScript and not by sharp: a call of sharp costs 200 µs and more for a 64-pixel image whose pixels are in memory
 * already, this a third of that, and it takes a box with fractions of pixels.
 */
export function resample(source: PixelImage, box: Box, width: number, height: number): FloatImage {
  const columns = taps(box.left, box.width, source.width, width);
  const rows = taps(box.top, box.height, source.height, height);
  const firstRow = rows.first[0] as number;
  const lastRow = (rows.first[height - 1] as number) + rows.count;
  const wide = resampleRows(source, columns, firstRow, lastRow, width);
  const values = new Float32Array(height * width * 3);
  const stride = width * 3;
  for (let y = 0; y < height; y++) {
    const out = y * stride;
    for (let t = 0; t < rows.count; t++) {
      const weight = rows.weights[y * rows.count + t] as number;
      if (weight === 0) continue;
      const from = ((rows.first[y] as number) + t - firstRow) * stride;
      for (let i = 0; i < stride; i++) values[out + i] = (values[out + i] as number) + weight * (wide[from + i] as number);
    }
  }
  return { width, height, values };
}

/** Rows firstRow … lastRow − 1 of the source at the new width: [lastRow − firstRow, width, 3]. */
function resampleRows({ pixels, width: sourceWidth }: PixelImage, columns: Taps, firstRow: number, lastRow: number, width: number): Float32Array {
  const wide = new Float32Array((lastRow - firstRow) * width * 3);
  let out = 0;
  for (let y = firstRow; y < lastRow; y++) {
    for (let x = 0; x < width; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      let from = (y * sourceWidth + (columns.first[x] as number)) * 3;
      for (let t = x * columns.count; t < (x + 1) * columns.count; t++) {
        const weight = columns.weights[t] as number;
        red += weight * (pixels[from] as number);
        green += weight * (pixels[from + 1] as number);
        blue += weight * (pixels[from + 2] as number);
        from += 3;
      }
      wide[out] = red;
      wide[out + 1] = green;
      wide[out + 2] = blue;
      out += 3;
    }
  }
  return wide;
}

/** For each of the new pixels: the first source pixel it sees and `count` weights that sum to 1. */
interface Taps {
  readonly count: number;
  readonly first: Int32Array;
  readonly weights: Float32Array;
}

function taps(start: number, length: number, sourceSize: number, size: number): Taps {
  const scale = length / size;
  const filterScale = Math.max(scale, 1);
  const support = 2 * filterScale;
  const count = Math.min(sourceSize, Math.ceil(support) * 2 + 1);
  const first = new Int32Array(size);
  const weights = new Float32Array(size * count);
  for (let i = 0; i < size; i++) {
    // Beyond the source its edge goes on.
    const center = Math.min(Math.max(start + (i + 0.5) * scale, 0), sourceSize);
    // Kept `count` away from the far edge so that all taps are inside; those the filter does not reach weigh nothing.
    const from = Math.min(Math.max(Math.floor(center - support + 0.5), 0), sourceSize - count);
    let sum = 0;
    for (let t = 0; t < count; t++) sum += weights[i * count + t] = bicubic((from + t + 0.5 - center) / filterScale);
    for (let t = 0; t < count; t++) weights[i * count + t] = (weights[i * count + t] as number) / sum;
    first[i] = from;
  }
  return { count, first, weights };
}

/** Catmull-Rom: zero from 2 on. Source: Keys 1981, a = −0.5. */
export function bicubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  if (distance < 2) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return 0;
}
