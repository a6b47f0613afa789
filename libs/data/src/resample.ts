import type { PixelImage } from './decode-image.js';
import { reusedFloats } from './reused-floats.js';

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
export function resample(source: PixelImage, box: Box, width: number, height: number, into: Float32Array): FloatImage {
  const columns = taps(box.left, box.width, source.width, width);
  const rows = taps(box.top, box.height, source.height, height);
  const firstRow = rows.first[0] as number;
  const wide = resampleRows(source, columns, firstRow, (rows.first[height - 1] as number) + rows.count, width);
  for (let y = 0; y < height; y++) addRows(wide, rows, firstRow, y, into, width * 3);
  return { width, height, values: into };
}

/** Row y of `into`: the weighted sum of the rows it sees of `wide`, which starts with row `firstRow`. */
function addRows(wide: Float32Array, { block, count, first, weights }: Taps, firstRow: number, y: number, into: Float32Array, stride: number): void {
  const out = y * stride;
  for (let t = 0; t < count; t += block) {
    const from = ((first[y] as number) + t - firstRow) * stride;
    const [w0, w1, w2, w3, w4, w5] = weightsFrom(weights, y * count + t);
    if (block === 4) {
      for (let i = 0; i < stride; i++) {
        into[out + i] =
          w0 * (wide[from + i] as number) +
          w1 * (wide[from + stride + i] as number) +
          w2 * (wide[from + 2 * stride + i] as number) +
          w3 * (wide[from + 3 * stride + i] as number);
      }
      return;
    }
    for (let i = 0; i < stride; i++) {
      const sum =
        w0 * (wide[from + i] as number) +
        w1 * (wide[from + stride + i] as number) +
        w2 * (wide[from + 2 * stride + i] as number) +
        w3 * (wide[from + 3 * stride + i] as number) +
        w4 * (wide[from + 4 * stride + i] as number) +
        w5 * (wide[from + 5 * stride + i] as number);
      into[out + i] = t === 0 ? sum : (into[out + i] as number) + sum;
    }
  }
}

/** Rows firstRow … endRow − 1 of the source at the new width: [endRow − firstRow, width, 3]. */
function resampleRows(source: PixelImage, columns: Taps, firstRow: number, endRow: number, width: number): Float32Array {
  const wide = wideRows((endRow - firstRow) * width * 3);
  for (let x = 0; x < width; x++) {
    for (let t = 0; t < columns.count; t += columns.block) addColumns(source, columns, x, t, firstRow, endRow, wide, width);
  }
  return wide;
}

/** To column x of `wide`: the weighted sum of the source's columns it sees through the block of taps from t on. */
function addColumns({ pixels, width: sourceWidth }: PixelImage, { block, count, first, weights }: Taps, x: number, t: number, firstRow: number, endRow: number, wide: Float32Array, width: number): void {
  const [w0, w1, w2, w3, w4, w5] = weightsFrom(weights, x * count + t);
  const firstFrom = ((first[x] as number) + t) * 3;
  for (let y = firstRow; y < endRow; y++) {
    const out = ((y - firstRow) * width + x) * 3;
    const from = y * sourceWidth * 3 + firstFrom;
    for (let i = 0; i < 3; i++) {
      const four = w0 * (pixels[from + i] as number) + w1 * (pixels[from + i + 3] as number) + w2 * (pixels[from + i + 6] as number) + w3 * (pixels[from + i + 9] as number);
      const sum = block === 4 ? four : four + w4 * (pixels[from + i + 12] as number) + w5 * (pixels[from + i + 15] as number);
      wide[out + i] = t === 0 ? sum : (wide[out + i] as number) + sum;
    }
  }
}

const wideRows = reusedFloats();

/** For each of the new pixels: the first source pixel it sees, and `count` weights that sum to 1. */
interface Taps {
  /** Taps are added up this many at a time, twice as quick as one by one: four, which is all that enlarging needs, or six. */
  readonly block: 4 | 6;
  /** A multiple of the block; weights that the filter does not reach are zero. */
  readonly count: number;
  readonly first: Int32Array;
  readonly weights: Float64Array;
}

function taps(start: number, length: number, sourceSize: number, size: number): Taps {
  const scale = length / size;
  const filterScale = Math.max(scale, 1);
  const support = 2 * filterScale;
  const block = support === 2 ? 4 : 6;
  const count = Math.ceil((2 * support) / block) * block;
  if (count > sourceSize) throw new RangeError(`resample: expected a source of at least ${count} pixels for ${length} → ${size}, got ${sourceSize}`);
  const first = new Int32Array(size);
  const weights = new Float64Array(size * count);
  for (let i = 0; i < size; i++) {
    // Beyond the source its edge goes on.
    const center = Math.min(Math.max(start + (i + 0.5) * scale, 0), sourceSize);
    // Kept `count` away from the far edge so that all taps are inside.
    const from = Math.min(Math.max(Math.floor(center - support + 0.5), 0), sourceSize - count);
    let sum = 0;
    for (let t = 0; t < count; t++) sum += weights[i * count + t] = bicubic((from + t + 0.5 - center) / filterScale);
    for (let t = 0; t < count; t++) weights[i * count + t] = (weights[i * count + t] as number) / sum;
    first[i] = from;
  }
  return { block, count, first, weights };
}

function weightsFrom(weights: Float64Array, at: number): [number, number, number, number, number, number] {
  const weight = (i: number): number => weights[at + i] ?? 0;
  return [weight(0), weight(1), weight(2), weight(3), weight(4), weight(5)];
}

/** Catmull-Rom: zero from 2 on. Source: Keys 1981, a = −0.5. */
export function bicubic(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return (1.5 * distance - 2.5) * distance * distance + 1;
  if (distance < 2) return ((-0.5 * distance + 2.5) * distance - 4) * distance + 2;
  return 0;
}
