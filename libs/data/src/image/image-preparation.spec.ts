// Goal: images are prepared as other models' tools do. Method: Pillow 12.3's resizing of the same pixels, one row of
// it: Image.resize((8, 8), filter)[3], and of the crop [2:10, 5:13] of Image.resize((18, 12), filter) row 2.
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { evaluationImage, type ImagePreparation } from './evaluation-image.js';

const [width, height, side] = [24, 16, 8];
const values = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] }; // Bytes as they are.

const cases = [
  ['bilinear', 'squash', 3, [196, 127, 73, 120, 129, 145, 124, 93, 136, 121, 110, 133, 110, 125, 142, 158, 139, 143]],
  ['bicubic', 'squash', 3, [209, 132, 72, 117, 126, 147, 125, 76, 134, 116, 103, 136, 105, 124, 146, 159, 148, 143]],
  ['bilinear', 'shortest', 2, [138, 114, 82, 141, 131, 149, 165, 149, 151, 119, 72, 140, 130, 55, 103, 105, 73, 157]],
  ['bicubic', 'shortest', 2, [137, 105, 64, 145, 129, 158, 173, 151, 156, 113, 59, 140, 131, 38, 89, 97, 66, 161]],
] as const;

it.each(cases)(
  '%s, %s: as Pillow resizes, to a rounding of bytes',
  async (interpolation, resizeMode, row, expected) => {
    const preparation: ImagePreparation = {
      ...values,
      interpolation,
      resizeMode,
      ...(resizeMode === 'shortest' && { resizedSide: 12 }),
    };
    const prepared = await evaluationImage(await picture(), side, preparation);
    const got = prepared.subarray(row * side * 3, row * side * 3 + expected.length);
    // Pillow rounds between its two passes as well.
    expected.forEach((value, at) => expect(Math.abs(got[at]! - value)).toBeLessThan(2));
  },
);

it('normalises by the mean and the standard deviation that it is given', async () => {
  const preparation = { interpolation: 'bicubic', resizeMode: 'squash' } as const;
  const plain = await evaluationImage(await picture(), side, { ...preparation, ...values });
  const normalised = await evaluationImage(await picture(), side, {
    ...preparation,
    mean: [0.5, 0.4, 0.3],
    std: [0.2, 0.25, 0.5],
  });
  const expected = [0.5, 0.4, 0.3].map((mean, channel) => (plain[channel]! / 255 - mean) / [0.2, 0.25, 0.5][channel]!);
  expected.forEach((value, channel) => expect(normalised[channel]).toBeCloseTo(value, 4));
});

function picture(): Promise<Uint8Array> {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y, channel] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width), at % 3];
    return [x * x * 7 + y * 31, x * 13 + y * y * 5, x * y * 9][channel]! % 256;
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}
