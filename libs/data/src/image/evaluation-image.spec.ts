// Goal: an evaluation, and a crop in training, sees the pixels that its definition names, however large the file is and
// whatever the decoder reduces on the way.
// Method: the definition in float64, straight from the original's pixels; smooth pictures of random sizes, where
// nothing but the place of a pixel can make a difference.
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { augment, shortestSideFor, type AugmentationConfig } from './augmentation.js';
import { decodeImage, type PixelImage } from './decode-image.js';
import { evaluationImage } from './evaluation-image.js';
import { pixelMean, pixelStd } from './normalisation.js';
import { bicubic } from './resample.js';

const differenceMax = 2; // Of 255.

/** Numbers from 0 to 1 that are the same each time. */
function drawer(seed: number): () => number {
  return () => (seed = (seed * 1664525 + 1013904223) % 2 ** 32) / 2 ** 32;
}

/** A soft picture whose waves are about as wide as its shorter side. */
function smoothPixels(width: number, height: number): Uint8Array {
  const shorter = Math.min(width, height);
  const wave = (extent: number, phase: number): number[] =>
    Array.from({ length: extent }, (_, at) => 30 * Math.sin((5 * at) / shorter + phase));
  const channels = [0, 1, 2].map((c) => [wave(width, c), wave(height, 2 * c), wave(width + height, 3 * c)] as const);
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (const [across, down, aslant] of channels)
        pixels[at++] = Math.round(128 + across[x]! + down[y]! + aslant[x + y]!);
  return pixels;
}

const formats = ['png', 'jpeg', 'webp'] as const;

interface Written {
  readonly width: number;
  readonly height: number;
  readonly format: (typeof formats)[number];
  readonly orientation: number;
}

/** A file whose picture, upright, is width × height. */
async function fileOf(upright: Uint8Array, { width, height, format, orientation }: Written): Promise<Uint8Array> {
  // 6: stored turned a quarter to the left.
  const stored = sharp(upright, { raw: { width, height, channels: 3 } }).rotate(orientation === 6 ? 270 : 0);
  const options = {
    png: { compressionLevel: 0 },
    jpeg: { quality: 100, chromaSubsampling: '4:4:4' },
    webp: { lossless: true, effort: 0 },
  } as const;
  return stored.withMetadata({ orientation }).toFormat(format, options[format]).toBuffer();
}

/**
 * Resize of the shorter side to `side`, then CenterCrop: [side, side, 3]. Source: torchvision,
 * _compute_resized_output_size and center_crop; Pillow, Resample.c, without rounding in between.
 */
function definition(pixels: Uint8Array, width: number, height: number, side: number): Float64Array {
  const long = Math.trunc((side * Math.max(width, height)) / Math.min(width, height));
  const [resizedWidth, resizedHeight] = width <= height ? [side, long] : [long, side];
  const columns = weightsOf(width, resizedWidth, side);
  const rows = weightsOf(height, resizedHeight, side);
  const blended = new Float64Array(height * side * 3);
  for (let y = 0, at = 0; y < height; y++)
    for (const { first, weights } of columns)
      for (let c = 0; c < 3; c++, at++)
        for (let t = 0; t < weights.length; t++) blended[at]! += weights[t]! * pixels[(y * width + first + t) * 3 + c]!;
  const image = new Float64Array(side * side * 3);
  const stride = side * 3;
  for (const [y, { first, weights }] of rows.entries())
    for (const [t, weight] of weights.entries())
      for (let i = 0; i < stride; i++) image[y * stride + i]! += weight * blended[(first + t) * stride + i]!;
  return image;
}

function weightsOf(size: number, resized: number, side: number): { first: number; weights: number[] }[] {
  const half = (resized - side) / 2;
  const offset = half % 1 === 0.5 ? [Math.floor(half), Math.ceil(half)].find((whole) => whole % 2 === 0)! : half;
  const scale = size / resized;
  const support = 2 * Math.max(scale, 1);
  return Array.from({ length: side }, (_, i) => {
    const center = (offset + i + 0.5) * scale;
    const first = Math.max(Math.trunc(center - support + 0.5), 0);
    const end = Math.min(Math.trunc(center + support + 0.5), size);
    const weights = Array.from({ length: end - first }, (__, t) => bicubic((first + t + 0.5 - center) / (support / 2)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

function levels(values: Float32Array): Float32Array {
  return values.map((value, i) => (value * pixelStd[(i % 3) as 0] + pixelMean[(i % 3) as 0]) * 255);
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

/** Sizes from just above `least` to ten times that, in all formats, some turned, some in whole blocks of a JPEG. */
function randomSizes(count: number, least: number): Written[] {
  const draw = drawer(19);
  return Array.from({ length: count }, (_, i) => {
    const unit = i % 7 === 0 ? 8 : 1;
    const shorter = unit * Math.ceil((least * (1 + 4 * draw() ** 2)) / unit);
    const longer = unit * Math.ceil((shorter * (1 + draw())) / unit);
    const [width, height] = draw() < 0.5 ? [shorter, longer] : [longer, shorter];
    return { width, height, format: formats[i % 3]!, orientation: i % 5 === 0 ? 6 : 1 };
  });
}

const textOf = ({ width, height, format, orientation }: Written, difference: number): string =>
  `${width} × ${height} ${format}, orientation ${orientation}: ${difference.toFixed(1)}`;

describe('evaluationImage', () => {
  it.each([
    [600, 577, 48],
    [400, 267, 22],
    [1000, 667, 56],
    [90, 61, 64],
    [40, 40, 40],
    [1500, 300, 32],
    [2000, 1333, 112],
  ])('of %d × %d is what the definition says at %d', async (width, height, side) => {
    const upright = smoothPixels(width, height);
    const file = await fileOf(upright, { width, height, format: 'png', orientation: 1 });
    const seen = levels(await evaluationImage(file, side));
    expect(largestDifference(seen, definition(upright, width, height, side))).toBeLessThan(differenceMax);
  });

  it('of 300 random sizes, each more than four times as long, is what the definition says', async () => {
    const side = 16;
    const off: string[] = [];
    for (const written of randomSizes(300, 4 * side + 1)) {
      const upright = smoothPixels(written.width, written.height);
      const seen = levels(await evaluationImage(await fileOf(upright, written), side));
      const difference = largestDifference(seen, definition(upright, written.width, written.height, side));
      if (difference > differenceMax) off.push(textOf(written, difference));
    }
    expect(off).toEqual([]);
  });
});

describe('augment', () => {
  const config: AugmentationConfig = {
    scale: [0.5, 1],
    ratio: [0.75, 4 / 3],
    rotateDegrees: 10,
    colorJitter: 0,
    grayscale: 0,
    flip: 0.5,
  };

  it('crops a reduced picture where it crops the original', async () => {
    const side = 16;
    const cropped = (image: PixelImage, seed: number): Float32Array => {
      const into = new Float32Array(side * side * 3);
      augment(image, config, seed, side, into);
      return levels(into);
    };
    const off: string[] = [];
    for (const [seed, written] of randomSizes(150, 2 * side).entries()) {
      const file = await fileOf(smoothPixels(written.width, written.height), written);
      const reduced = await decodeImage(file, shortestSideFor(side, config));
      const difference = largestDifference(cropped(reduced, seed), cropped(await decodeImage(file), seed));
      if (difference > differenceMax) off.push(textOf(written, difference));
    }
    expect(off).toEqual([]);
  });
});
