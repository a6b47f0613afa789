import sharp, { type Sharp } from 'sharp';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Decoded pixels: [height, width, 3], RGB, 0 … 255. */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Images with more pixels than this are refused, because a file of a few bytes can claim any size. */
export const imagePixelsMax = 100_000_000;

/**
 * Images with a shorter side than this are refused: they are placeholders and tracking pixels, with nothing to learn
 * from.
 */
const imageSideMin = 8;

// Many small images are decoded concurrently, so one thread per image is faster than several. The cache of libvips
// never hits, because no image is decoded twice.
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decodes a webp, jpg, png, gif, tiff or avif file of at most imageFileBytesMax to sRGB, rotated according to its EXIF
 * data, with transparency on white. If its shorter side is longer than `shortestSide`, the image is reduced (bicubic)
 * to that length. Throws DATA_INVALID if the bytes cannot be decoded.
 */
export async function decodeImage(bytes: Uint8Array, shortestSide?: number): Promise<PixelImage> {
  try {
    requireKnownFormat(bytes);
    let image = openImage(bytes);
    if (shortestSide !== undefined)
      image = image.resize({
        width: shortestSide,
        height: shortestSide,
        fit: 'outside',
        withoutEnlargement: true,
        kernel: 'cubic',
      });
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`expected 3 channels, got ${info.channels}`);
    if (Math.min(info.width, info.height) < imageSideMin)
      throw new Error(`expected at least ${imageSideMin} × ${imageSideMin} pixels, got ${info.width} × ${info.height}`);
    return { width: info.width, height: info.height, pixels: data };
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Unreadable image of ${bytes.byteLength} bytes: ${firstLine(cause)}.`,
      help: 'Check the file with an image viewer; webp, jpg, png, gif, tiff and avif are supported.',
      cause,
    });
  }
}

/**
 * Checks the format by the first bytes. The other formats that libvips reads are not used for photos, and an SVG of a
 * few bytes can take hours and all memory.
 */
function requireKnownFormat(bytes: Uint8Array): void {
  if (bytes.byteLength > imageFileBytesMax) throw new Error(`the limit is ${bytesText(imageFileBytesMax)}`);
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 12)).toString('latin1');
  if (!formats.some((format) => format.test(start)))
    throw new Error('it is of another format than webp, jpg, png, gif, tiff and avif');
}

const formats = [
  /^RIFF.{4}WEBP/s,
  /^\xff\xd8\xff/,
  /^\x89PNG\r\n\x1a\n/,
  /^GIF8[79]a/,
  /^(?:II[*+]\0|MM\0[*+])/,
  /^.{4}ftyp/s,
];

/** Opens an image as every use needs it: upright, on white, three channels. */
export function openImage(bytes: Uint8Array): Sharp {
  return sharp(bytes, { limitInputPixels: imagePixelsMax })
    .autoOrient()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .removeAlpha();
}

function firstLine(thrown: unknown): string {
  return (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0]!;
}
