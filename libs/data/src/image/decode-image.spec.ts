import { crc32, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { decodeImage, imageSize } from './decode-image.js';
import { headerSides } from './header-sides.js';
import { formatOf } from './image-formats.js';

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
    const original = { width: 300, height: 200 };
    expect(await decodeImage(bytes, 50)).toMatchObject({ width: 75, height: 50, original });
    expect(await decodeImage(bytes, 400)).toMatchObject({ ...original, original });
  });

  it('finds the sides in the header of every file it stores', async () => {
    const image = sharp({ create: { ...red, width: 310, height: 207 } });
    const files = await Promise.all([
      image.clone().png().toBuffer(),
      image.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer(),
      image.clone().jpeg({ progressive: true }).toBuffer(),
      image.clone().webp().toBuffer(), // VP8X, for it has an alpha channel.
      image.clone().flatten().webp().toBuffer(),
      image.clone().flatten().webp({ lossless: true }).toBuffer(),
    ]);
    expect(files.map((bytes) => headerSides(bytes, formatOf(bytes)))).toEqual(files.map(() => [310, 207]));
    for (const bytes of files)
      for (const length of [12, 20, 25, 40, bytes.length])
        expect([310, undefined]).toContain(headerSides(bytes.subarray(0, length), formatOf(bytes))?.[0]);
  });

  it('gives the size of a picture as it stands upright', async () => {
    const image = sharp({ create: { ...red, width: 310, height: 207 } });
    const turned = await image.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const straight = await image.clone().jpeg().toBuffer();
    expect(await imageSize(turned)).toEqual({ width: 207, height: 310, pictures: 1 });
    expect(await imageSize(straight)).toEqual({ width: 310, height: 207, pictures: 1 });
    expect(await imageSize(await image.clone().png().toBuffer())).toEqual({ width: 310, height: 207, pictures: 1 });
    await expect(imageSize(straight, 310 * 207 - 1)).rejects.toThrow(/310 × 207 pixels; the limit is 64169/);
  });

  it('refuses an SVG, however it is wrapped, because a few bytes of one can take hours', async () => {
    const svg = Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><rect width="64" height="64"/></svg>',
    );
    expect((await sharp(svg).metadata()).format).toBe('svg');
    for (const bytes of [svg, gzipSync(svg), Buffer.concat([Buffer.from('\ufeff \n'), svg])]) {
      await expect(decodeImage(bytes)).rejects.toMatchObject({
        code: 'DATA_INVALID',
        message: expect.stringMatching(/it is (an SVG drawing: convert it to png|compressed by gzip, no picture)\./),
      });
    }
  });

  it.each([
    ['a BMP picture: convert it to png', 'BM\x46\0\0\0'],
    ['an icon (ICO): convert it to png', '\0\0\x01\0\x01\0'],
    ['a HEIC picture: convert it to png', '\0\0\0\x18ftypheic\0\0\0\0mif1heic'],
    ['a HEIC picture: convert it to png', '\0\0\0\x18ftypmif1\0\0\0\0mif1heic'],
    ['a JP2 picture: convert it to png', '\0\0\0\x0cjP  \r\n\x87\n'],
    ['a JPEG XL picture: convert it to png', '\xff\x0a\xfa\x1f'],
    ['an SVG drawing: convert it to png', '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn --><!DOCTYPE svg PUBLIC "x">'],
    ['an HTML page, no picture', '\n<!doctype html><html lang="en">404'],
    ['of another format than jpg, png, webp, gif, tiff and avif', 'hello, world'],
  ])('says that a file is %s', async (name, start) => {
    await expect(decodeImage(Buffer.from(start, 'latin1'))).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining(`it is ${name}.`),
    });
  });

  it.each([
    [2, 'int'],
    [3, 'float'],
  ])('refuses a tiff of measurements, sample format %i', async (sampleFormat, type) => {
    const message = `its values are of the type ${type}, and no colours: scale them to 8 or 16 bits`;
    for (const read of [decodeImage, imageSize])
      await expect(read(tiffOf32Bits(sampleFormat))).rejects.toThrow(message);
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

/** A grey tiff of 16 × 16 pixels, zeros of 32 bits each. */
function tiffOf32Bits(sampleFormat: number): Buffer {
  const side = 16;
  const entries = [
    [256, side], // Width.
    [257, side], // Height.
    [258, 32], // Bits of a sample.
    [259, 1], // No compression.
    [262, 1], // Zero is black.
    [273, 256], // Where the pixels begin.
    [277, 1], // Samples of a pixel.
    [278, side], // Rows of the only strip.
    [279, 4 * side ** 2], // Bytes of it.
    [339, sampleFormat],
  ];
  const file = Buffer.alloc(256 + 4 * side ** 2);
  file.write('II*\0\b', 'latin1');
  file.writeUInt16LE(entries.length, 8);
  entries.forEach(([tag, value], at) => {
    file.writeUInt16LE(tag!, 10 + 12 * at);
    file.writeUInt16LE(3, 12 + 12 * at); // The type: 16 bits.
    file.writeUInt32LE(1, 14 + 12 * at);
    file.writeUInt16LE(value!, 18 + 12 * at);
  });
  return file;
}
