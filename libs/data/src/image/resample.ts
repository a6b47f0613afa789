import type { PixelImage } from './decode-image.js';
import {
  blendColumns,
  blendRows,
  bytesAt,
  floatsAt,
  integersAt,
  pixelBytes,
  placesOf,
  valueBytes,
} from './image-kernel.js';

/** A rectangle in pixels of the original picture, whose left upper pixel covers [0, 1) × [0, 1). */
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

const pixelValues = 3;

/**
 * Resampling of a box to width × height by a filter, bicubic if left out, antialiased where that makes it smaller.
 * Pixels that the filter would reach beyond the source have no weight; a box may go beyond it and finds the edge's
 * values there. Source: Pillow's Resample.c (a = −0.5), which torchvision's and so open_clip's resizing is, without its
 * rounding to bytes between the two passes. Not by sharp: a call of sharp costs 200 µs and more for a 64-pixel image
 * whose pixels are in memory already, this a tenth of that, and it takes a box with fractions of pixels.
 */
export function resample(
  source: PixelImage,
  box: Box,
  width: number,
  height: number,
  into: Float32Array,
  filter: Filter = filters.bicubic,
): FloatImage {
  const { original } = source;
  const [scaleX, scaleY] = [source.width / original.width, source.height / original.height];
  const columns = taps(box.left * scaleX, box.width * scaleX, source.width, width, filter);
  const rows = taps(box.top * scaleY, box.height * scaleY, source.height, height, filter);
  const [left, right] = [columns.first[0]!, columns.first[width - 1]! + columns.count];
  const [top, bottom] = [rows.first[0]!, rows.first[height - 1]! + rows.count];
  const stride = (right - left) * pixelValues; // Of what is seen: a panorama's rows are long.
  const outBytes = width * pixelBytes;
  const [image, pixels, blended, starts, columnWeights, rowWeights] = placesOf([
    height * outBytes,
    (bottom - top) * stride,
    stride * valueBytes,
    columns.first.byteLength,
    columns.weights.byteLength,
    rows.weights.byteLength,
  ]) as [number, number, number, number, number, number];
  const seen = bytesAt(pixels, (bottom - top) * stride);
  for (let y = top; y < bottom; y++) {
    const from = (y * source.width + left) * pixelValues;
    seen.set(source.pixels.subarray(from, from + stride), (y - top) * stride);
  }
  integersAt(starts, width).set(columns.first.map((first) => (first - left) * pixelBytes));
  floatsAt(columnWeights, columns.weights.length).set(columns.weights);
  floatsAt(rowWeights, rows.weights.length).set(rows.weights);

  const [columnBytes, rowBytes] = [columns.count * valueBytes, rows.count * valueBytes];
  for (let y = 0; y < height; y++) {
    const [row, weights, out] = [
      pixels + (rows.first[y]! - top) * stride,
      rowWeights + y * rowBytes,
      image + y * outBytes,
    ];
    blendRows(blended, row, row + stride, stride, weights, weights + rowBytes);
    blendColumns(out, out + outBytes, blended, starts, columnWeights, columnBytes);
  }
  into.set(floatsAt(image, height * width * pixelValues));
  return { width, height, values: into };
}

/**
 * For each of the new pixels: the first source pixel it sees, and `count` weights that sum to 1, zero where the filter
 * does not reach.
 */
interface Taps {
  readonly count: number;
  readonly first: Int32Array;
  /** [pixels, count]. */
  readonly weights: Float32Array;
}

function taps(start: number, length: number, sourceSize: number, size: number, filter: Filter): Taps {
  const scale = length / size;
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const count = Math.ceil(2 * support);
  if (count > sourceSize)
    throw new RangeError(
      `resample: expected a source of at least ${count} pixels for ${length} → ${size}, got ${sourceSize}`,
    );
  const first = new Int32Array(size);
  const weights = new Float32Array(size * count);
  const unscaled = new Float64Array(count);
  for (let i = 0; i < size; i++) {
    // Beyond the source its edge goes on.
    const center = Math.min(Math.max(start + (i + 0.5) * scale, 0), sourceSize);
    // Kept `count` away from the far edge so that all taps are inside.
    const from = Math.min(Math.max(Math.floor(center - support + 0.5), 0), sourceSize - count);
    let sum = 0;
    for (let t = 0; t < count; t++) sum += unscaled[t] = filter.weight((from + t + 0.5 - center) / filterScale);
    for (let t = 0; t < count; t++) weights[i * count + t] = unscaled[t]! / sum;
    first[i] = from;
  }
  return { count, first, weights };
}

/** A filter: the weight of a pixel at a distance, which is zero from `support` on. */
export interface Filter {
  readonly support: number;
  weight(distance: number): number;
}

/** The filters, by the names that open_clip and torchvision give them. Source: Pillow's Resample.c. */
export const filters = {
  bicubic: { support: 2, weight: bicubic },
  bilinear: { support: 1, weight: (x: number) => Math.max(0, 1 - Math.abs(x)) },
} as const satisfies Record<string, Filter>;
export type FilterName = keyof typeof filters;

/** Catmull-Rom: zero from 2 on. Source: Keys 1981, a = −0.5. */
export function bicubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  if (distance < 2) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return 0;
}
