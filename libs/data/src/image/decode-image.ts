import sharp, { type Sharp } from 'sharp';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { formatOf, readFormatNames } from './image-formats.js';

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
    requireSide(info.width, info.height);
    return { width: info.width, height: info.height, pixels: data };
  } catch (cause) {
    throw unreadableImage(bytes, cause);
  }
}

export interface ImageSize {
  /** In pixels, upright. */
  readonly width: number;
  readonly height: number;
  /** Frames of an animation, pages of a tiff. */
  readonly pictures: number;
}

/**
 * The size that an image has by its header; nothing is decoded. Throws DATA_INVALID if it has no header that can be
 * read, or if the image is too small or has more than `pixelsMax` pixels.
 */
export async function imageSize(bytes: Uint8Array, pixelsMax = imagePixelsMax): Promise<ImageSize> {
  try {
    requireKnownFormat(bytes);
    const header = await sharp(bytes, { limitInputPixels: false }).metadata();
    const { width, height } = header.autoOrient;
    requireSide(width, height);
    if (width * height > pixelsMax)
      throw new Error(`it has ${width} × ${height} pixels; the limit is ${pixelsMax}${pixelsHelp}`);
    return { width, height, pictures: header.pages ?? 1 };
  } catch (cause) {
    throw unreadableImage(bytes, cause);
  }
}

/** The error of an image that cannot be used. */
export function unreadableImage(bytes: Uint8Array, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Unreadable image of ${bytes.byteLength} bytes: ${causeText(cause)}.`,
    help: `Check the file with an image viewer; ${readFormatNames} are supported.`,
    cause,
  });
}

const pixelsHelp = ': `tandem dataset prepare` reduces larger ones with --pixels-max and --shortest-side';

function requireSide(width: number, height: number): void {
  if (Math.min(width, height) < imageSideMin)
    throw new Error(`expected at least ${imageSideMin} × ${imageSideMin} pixels, got ${width} × ${height}`);
}

/** Refuses what is too large or of another format before libvips sees it. */
function requireKnownFormat(bytes: Uint8Array): void {
  if (bytes.byteLength > imageFileBytesMax) throw new Error(`the limit is ${bytesText(imageFileBytesMax)}`);
  if (formatOf(bytes) === undefined) throw new Error(`it is of another format than ${readFormatNames}`);
}

/** Opens an image as every use needs it: upright, on white, three channels. */
export function openImage(bytes: Uint8Array, pixelsMax = imagePixelsMax): Sharp {
  return sharp(bytes, { limitInputPixels: pixelsMax })
    .autoOrient()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .removeAlpha();
}

/** The first line of an error. libvips names neither its limit nor what can be done. */
function causeText(thrown: unknown): string {
  const text = (thrown instanceof Error ? thrown.message : String(thrown)).split('\n', 1)[0]!;
  return /exceeds pixel limit/.test(text)
    ? `it has more pixels than the limit of ${imagePixelsMax}${pixelsHelp}`
    : text;
}
