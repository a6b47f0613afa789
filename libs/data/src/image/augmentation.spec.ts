import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { augment, drawAugmentation, type AugmentationConfig } from './augmentation.js';
import { afterwards, brightness, greyColours, hue, saturation, type ColourMatrix } from './colour-matrix.js';
import type { PixelImage } from './decode-image.js';
import { pixelMean, pixelStd } from './normalisation.js';

const plain: AugmentationConfig = {
  scale: [1, 1],
  ratio: [1, 1],
  rotateDegrees: 0,
  colorJitter: 0,
  grayscale: 0,
  flip: 0,
};
const all: AugmentationConfig = {
  scale: [0.3, 1],
  ratio: [0.75, 4 / 3],
  rotateDegrees: 20,
  colorJitter: 0.4,
  grayscale: 0.3,
  flip: 0.5,
};
const image: PixelImage = {
  width: 20,
  height: 16,
  original: { width: 20, height: 16 },
  pixels: Uint8Array.from({ length: 960 }, (_, i) => (i * 7919) % 256),
};
const square: PixelImage = {
  width: 16,
  height: 16,
  original: { width: 16, height: 16 },
  pixels: image.pixels.subarray(0, 768),
};

function augmented(from: PixelImage, config: AugmentationConfig, seed: number, side = 16): Float32Array {
  const into = new Float32Array(side * side * 3);
  augment(from, config, seed, side, into);
  return into;
}

describe('augment', () => {
  it('without any augmentation gives (value / 255 − mean) / std', () => {
    augmented(square, plain, 1).forEach((value, i) => {
      const channel = (i % 3) as 0 | 1 | 2;
      expect(value).toBeCloseTo((square.pixels[i]! / 255 - pixelMean[channel]) / pixelStd[channel], 5);
    });
  });

  it('B1: depends only on the seed, not on what was computed before', () => {
    const first = augmented(image, all, 7);
    augmented(square, { ...all, rotateDegrees: 180 }, 8, 40);
    expect(augmented(image, all, 7)).toEqual(first);
    expect(augmented(image, all, 9)).not.toEqual(first);
  });

  it('writes only within its part of the output, and only values in the range of pixels', () => {
    const into = new Float32Array(3 * 768).fill(NaN);
    augment(image, all, 3, 16, into, 768);
    expect(into.subarray(0, 768).every(Number.isNaN) && into.subarray(1536).every(Number.isNaN)).toBe(true);
    into.subarray(768, 1536).forEach((value, i) => {
      const channel = (i % 3) as 0 | 1 | 2;
      expect(value).toBeGreaterThanOrEqual((0 - pixelMean[channel]) / pixelStd[channel] - 1e-6);
      expect(value).toBeLessThanOrEqual((1 - pixelMean[channel]) / pixelStd[channel] + 1e-6);
    });
  });

  it('mirrors and makes grey with the given probabilities', () => {
    const mirrored = augmented(square, { ...plain, flip: 1 }, 1);
    const upright = augmented(square, plain, 1);
    for (let x = 0; x < 16; x++) expect(mirrored[x * 3]).toBe(upright[(15 - x) * 3]);
    const grey = augmented(square, { ...plain, grayscale: 1 }, 1);
    const level = (channel: 0 | 1 | 2): number => grey[channel]! * pixelStd[channel] + pixelMean[channel];
    expect(level(1)).toBeCloseTo(level(0), 5);
    expect(level(2)).toBeCloseTo(level(0), 5);
    const flips = Array.from(
      { length: 2000 },
      (_, seed) => drawAugmentation(square, { ...plain, flip: 0.25 }, seed).flip,
    );
    expect(flips.filter(Boolean).length / 2000).toBeCloseTo(0.25, 1);
  });
});

describe('drawAugmentation', () => {
  it('draws crops inside the image, with the given areas and aspect ratios', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 8, max: 400 }),
        fc.integer({ min: 8, max: 400 }),
        (seed, width, height) => {
          const { crop, radians } = drawAugmentation({ width, height }, all, seed);
          expect(crop.left).toBeGreaterThanOrEqual(-1e-9);
          expect(crop.top).toBeGreaterThanOrEqual(-1e-9);
          expect(crop.left + crop.width).toBeLessThanOrEqual(width + 1e-9);
          expect(crop.top + crop.height).toBeLessThanOrEqual(height + 1e-9);
          expect(crop.width / crop.height).toBeGreaterThan(0.75 - 1e-9);
          expect(crop.width / crop.height).toBeLessThan(4 / 3 + 1e-9);
          expect(Math.abs(radians)).toBeLessThanOrEqual((20 / 180) * Math.PI);
        },
      ),
    );
  });

  it('keeps the crop when another setting changes', () => {
    expect(drawAugmentation(image, { ...all, rotateDegrees: 0, colorJitter: 0, flip: 0 }, 5).crop).toEqual(
      drawAugmentation(image, all, 5).crop,
    );
  });
});

describe('colour matrices', () => {
  const luminance = (matrix: ColourMatrix): number[] =>
    [0, 1, 2].map((k) => 0.299 * matrix[k]! + 0.587 * matrix[3 + k]! + 0.114 * matrix[6 + k]!);

  it('hue and saturation keep luminance and grey', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        (turn, depth) => {
          const both = afterwards(hue(turn), saturation(depth));
          luminance(both).forEach((share, k) => expect(share).toBeCloseTo([0.299, 0.587, 0.114][k]!, 9));
          for (const row of [0, 3, 6]) expect(both[row]! + both[row + 1]! + both[row + 2]!).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it('a full turn of hue and saturation 1 change nothing, and saturation 0 gives grey', () => {
    const unchanged = [1, 0, 0, 0, 1, 0, 0, 0, 1];
    [hue(2 * Math.PI), saturation(1), brightness(1)].forEach((matrix) =>
      matrix.forEach((value, i) => expect(value).toBeCloseTo(unchanged[i]!, 9)),
    );
    saturation(0).forEach((value, i) => expect(value).toBeCloseTo(greyColours[i]!, 9));
  });
});
