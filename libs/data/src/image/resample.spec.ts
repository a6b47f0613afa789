import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { PixelImage } from './decode-image.js';
import { bicubic, resample, type FloatImage } from './resample.js';
import { rotate } from './rotate.js';

function imageOf(width: number, height: number, value: (x: number, y: number, channel: number) => number): PixelImage {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) =>
    value(Math.floor(i / 3) % width, Math.floor(i / 3 / width), i % 3),
  );
  return { width, height, original: { width, height }, pixels };
}

function resampled(
  image: PixelImage,
  box: [number, number, number, number],
  width: number,
  height: number,
): FloatImage {
  const [left, top, boxWidth, boxHeight] = box;
  return resample(
    image,
    { left, top, width: boxWidth, height: boxHeight },
    width,
    height,
    new Float32Array(width * height * 3),
  );
}

/** The weight of every pixel of the source for new pixel `i`, in float64. */
function filterAt(i: number, start: number, scale: number, size: number): number[] {
  const center = start + (i + 0.5) * scale;
  const weights = Array.from({ length: size }, (_, at) => bicubic((at + 0.5 - center) / Math.max(scale, 1)));
  const sum = weights.reduce((total, weight) => total + weight);
  return weights.map((weight) => weight / sum);
}

const noise = imageOf(40, 30, (x, y, channel) => (x * 7919 + y * 104729 + channel * 1299709 + x * y * 31) % 256);

describe('resample', () => {
  it('gives the pixels back where nothing is resized', () => {
    expect(Array.from(resampled(noise, [0, 0, 40, 30], 40, 30).values)).toEqual(Array.from(noise.pixels));
    const part = resampled(noise, [8, 4, 20, 20], 20, 20).values;
    expect(part[(3 * 20 + 5) * 3 + 1]).toBe(noise.pixels[((3 + 4) * 40 + 5 + 8) * 3 + 1]);
  });

  it('keeps one colour one colour, whatever the box and the size', () => {
    const plain = imageOf(24, 16, (_x, _y, channel) => 50 + 60 * channel);
    const place = fc.double({ min: -10, max: 20, noNaN: true });
    const extent = fc.double({ min: 1, max: 16, noNaN: true });
    fc.assert(
      fc.property(place, place, extent, extent, fc.integer({ min: 8, max: 40 }), (left, top, width, height, size) => {
        const { values } = resampled(plain, [left, top, width, height], size, size);
        values.forEach((value, i) => expect(value).toBeCloseTo(50 + 60 * (i % 3), 3));
      }),
    );
  });

  it('is the sum over the pixels the filter sees, whatever the sizes', () => {
    const side = fc.integer({ min: 8, max: 90 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        side,
        side,
        side,
        side,
        share,
        share,
        share,
        share,
        (sourceWidth, sourceHeight, width, height, left, top, right, bottom) => {
          const source = imageOf(
            sourceWidth,
            sourceHeight,
            (x, y, channel) => (x * 7919 + y * 104729 + channel * 1299709 + x * y * 31) % 256,
          );
          const [boxWidth, boxHeight] = [
            1 + right * (1 - left) * (sourceWidth - 1),
            1 + bottom * (1 - top) * (sourceHeight - 1),
          ];
          const box = [left * (sourceWidth - boxWidth), top * (sourceHeight - boxHeight), boxWidth, boxHeight] as const;
          const { values } = resampled(source, [...box], width, height);
          for (const [x, y] of [
            [0, 0],
            [width - 1, height - 1],
            [width >> 1, height >> 1],
          ] as const) {
            const [across, down] = [
              filterAt(x, box[0], boxWidth / width, sourceWidth),
              filterAt(y, box[1], boxHeight / height, sourceHeight),
            ];
            const sum = down.reduce(
              (rows, v, row) =>
                rows +
                v *
                  across.reduce(
                    (columns, w, column) => columns + w * source.pixels[(row * sourceWidth + column) * 3 + 2]!,
                    0,
                  ),
              0,
            );
            expect(values[(y * width + x) * 3 + 2]).toBeCloseTo(sum, 2);
          }
        },
      ),
    );
  });

  it.each([
    [30, 22],
    [20, 15],
    [9, 8],
  ])('agrees with libvips’ bicubic at %d × %d', async (width, height) => {
    const smooth = imageOf(40, 30, (x, y, channel) => 128 + 60 * Math.sin(x / 3 + channel) + 60 * Math.cos(y / 4));
    const theirs = await sharp(smooth.pixels, { raw: { width: 40, height: 30, channels: 3 } })
      .resize({ width, height, fit: 'fill', kernel: 'cubic' })
      .raw()
      .toBuffer();
    const ours = resampled(smooth, [0, 0, 40, 30], width, height).values;
    const differences = Array.from(ours, (value, i) => Math.abs(value - theirs[i]!));
    expect(differences.reduce((sum, difference) => sum + difference) / differences.length).toBeLessThan(1);
    expect(Math.max(...differences)).toBeLessThan(8);
  });
});

describe('resample to a larger size', () => {
  it('puts values where they belong: a ramp stays a ramp', () => {
    const ramp = imageOf(40, 30, (x, y) => 10 + 4 * x + 2 * y);
    const { values } = resampled(ramp, [10, 10, 20, 10], 64, 32);
    for (const [x, y] of [
      [0, 0],
      [63, 0],
      [31, 17],
      [5, 31],
    ] as const) {
      const [sourceX, sourceY] = [10 + ((x + 0.5) * 20) / 64 - 0.5, 10 + ((y + 0.5) * 10) / 32 - 0.5];
      expect(values[(y * 64 + x) * 3]).toBeCloseTo(10 + 4 * sourceX + 2 * sourceY, 2);
    }
  });
});

describe('rotate', () => {
  const square: FloatImage = {
    width: 10,
    height: 10,
    values: Float32Array.from({ length: 300 }, (_, i) => (i * 37) % 256),
  };

  it('does nothing at no angle, and four quarter turns give the image back', () => {
    const turned = (image: FloatImage): FloatImage => rotate(image, Math.PI / 2, 10, 10, new Float32Array(300));
    expect(rotate(square, 0, 10, 10, new Float32Array(300)).values).toEqual(square.values);
    const quarter = turned(square);
    expect(quarter.values[0]).toBeCloseTo(square.values[9 * 3]!, 2);
    const whole = turned(turned(turned(quarter))).values;
    whole.forEach((value, i) => expect(value).toBeCloseTo(square.values[i]!, 1));
  });
});
