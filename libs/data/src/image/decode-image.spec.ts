import { crc32, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { decodeImage } from './decode-image.js';
import { evaluationImage } from './evaluation-image.js';
import { pixelMean, pixelStd } from './normalisation.js';

const size = { width: 12, height: 10 };
const red = { ...size, channels: 4 as const, background: { r: 255, g: 0, b: 0, alpha: 1 } };

describe('decodeImage', () => {
  it.each(['png', 'webp', 'jpeg'] as const)('reads %s to three channels', async (format) => {
    const bytes = await sharp({ create: red }).toFormat(format, { quality: 100 }).toBuffer();
    const { width, height, pixels } = await decodeImage(bytes);
    expect([width, height, pixels.length]).toEqual([12, 10, 360]);
    expect(Math.abs(pixels[0]! - 255) + pixels[1]! + pixels[2]!).toBeLessThan(6);
  });

  it('puts transparency on white', async () => {
    const bytes = await sharp({ create: { ...red, background: { r: 255, g: 0, b: 0, alpha: 0.5 } } })
      .png()
      .toBuffer();
    const { pixels } = await decodeImage(bytes);
    expect(pixels[0]).toBe(255);
    expect(Math.abs(pixels[1]! - 128)).toBeLessThan(3);
  });

  it('converts grey, grey with alpha, palette and 16 bit to three channels', async () => {
    const image = sharp({ create: red });
    const files = [
      await image.clone().flatten().greyscale().png().toBuffer(),
      await image.clone().greyscale().png().toBuffer(),
      await image.clone().png({ palette: true }).toBuffer(),
      await image.clone().toColourspace('rgb16').png().toBuffer(),
    ];
    for (const bytes of files) {
      const { pixels } = await decodeImage(bytes);
      expect(pixels.length).toBe(360);
      expect(pixels[0]).toBeGreaterThan(50);
    }
  });

  it('rotates the image according to its EXIF data', async () => {
    const bytes = await sharp({ create: red }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await decodeImage(bytes)).toMatchObject({ width: 10, height: 12 });
  });

  it('reduces large images and leaves small ones alone', async () => {
    const bytes = await sharp({ create: { ...red, width: 300, height: 200 } })
      .png()
      .toBuffer();
    expect(await decodeImage(bytes, 50)).toMatchObject({ width: 75, height: 50 });
    expect(await decodeImage(bytes, 400)).toMatchObject({ width: 300, height: 200 });
  });

  it('refuses an SVG, however it is wrapped, because a few bytes of one can take hours', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>',
    );
    expect((await sharp(svg).metadata()).format).toBe('svg');
    for (const bytes of [svg, gzipSync(svg), Buffer.concat([Buffer.from('\ufeff \n'), svg])]) {
      await expect(decodeImage(bytes)).rejects.toMatchObject({
        code: 'DATA_INVALID',
        message: expect.stringContaining('another format than jpg, png, webp, gif, tiff and avif'),
      });
    }
  });

  it('reads gif, tiff and avif too', async () => {
    for (const format of ['gif', 'tiff', 'avif'] as const)
      expect(await decodeImage(await sharp({ create: red }).toFormat(format).toBuffer())).toMatchObject({
        width: 12,
        height: 10,
      });
  });

  it('refuses an image that claims a huge size before decoding it, and a file that is too large', async () => {
    const png = await sharp({ create: red }).png().toBuffer();
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
    await expect(decodeImage(png)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('more pixels than the limit of 100000000: `tandem dataset prepare` reduces'),
    });
    await expect(decodeImage(Buffer.concat([png, Buffer.alloc(imageFileBytesMax)]))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('the limit is 64 MiB'),
    });
  });

  it('refuses bytes that are not an image, half an image and a tiny image', async () => {
    const whole = await sharp({
      create: { ...red, width: 64, height: 64, noise: { type: 'gaussian', mean: 128, sigma: 50 } },
    })
      .png()
      .toBuffer();
    await expect(decodeImage(Buffer.from('no image'))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('Unreadable image of 8 bytes'),
    });
    await expect(decodeImage(whole.subarray(0, whole.length >> 1))).rejects.toMatchObject({ code: 'DATA_INVALID' });
    await expect(
      decodeImage(
        await sharp({ create: { ...red, width: 1, height: 1 } })
          .png()
          .toBuffer(),
      ),
    ).rejects.toThrow(/at least 8 × 8 pixels, got 1 × 1/);
  });
});

describe('evaluationImage', () => {
  it('resizes the shorter side and crops the centre, as a separate resize and crop would', async () => {
    const pixels = Uint8Array.from({ length: 60 * 40 * 3 }, (_, i) => 128 + 100 * Math.sin(Math.floor(i / 3) / 7));
    const bytes = await sharp(pixels, { raw: { width: 60, height: 40, channels: 3 } })
      .png()
      .toBuffer();
    const plain = await sharp(bytes)
      .resize({ width: 48, height: 32, kernel: 'cubic' })
      .extract({ left: 8, top: 0, width: 32, height: 32 })
      .raw()
      .toBuffer();
    const values = await evaluationImage(bytes, 32);
    expect(values.length).toBe(32 * 32 * 3);
    const differences = Array.from(values, (value, i) =>
      Math.abs((value * pixelStd[(i % 3) as 0] + pixelMean[(i % 3) as 0]) * 255 - plain[i]!),
    );
    expect(differences.reduce((sum, difference) => sum + difference) / differences.length).toBeLessThan(1.5);
  });
});
