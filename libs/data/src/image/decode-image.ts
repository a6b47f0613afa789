import sharp, { type Metadata, type Sharp } from 'sharp';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { headerSides } from './header-sides.js';
import { formatOf, readFormatNames, unreadFormatOf } from './image-formats.js';

/** Decoded pixels: [height, width, 3], RGB, 0 … 255. */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  /** The size of the picture before it was reduced to these pixels, which show all of it. Crops are seen in it. */
  readonly original: Sides;
}

/** In pixels, upright. */
export interface Sides {
  readonly width: number;
  readonly height: number;
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
export async function decodeImage(bytes: Uint8Array, shortestSide = Infinity): Promise<PixelImage> {
  try {
    requireKnownFormat(bytes);
    if (formatOf(bytes) === 'tiff') requireColours(await sharp(bytes, { limitInputPixels: false }).metadata());
    const original = await sidesToReduce(bytes, shortestSide);
    const image = openImage(bytes);
    if (original) reduce(image, original, shortestSide, formatOf(bytes) === 'jpg');
    const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`expected 3 channels, got ${info.channels}`);
    requireSide(info.width, info.height);
    const { width, height } = info;
    return { width, height, pixels: data, original: original ?? { width, height } };
  } catch (cause) {
    throw unreadableImage(bytes, cause);
  }
}

/** The size of an image whose shorter side is longer than `shortestSide`; undefined for any other. */
async function sidesToReduce(bytes: Uint8Array, shortestSide: number): Promise<Sides | undefined> {
  if (Math.min(...(headerSides(bytes, formatOf(bytes)) ?? [Infinity])) <= shortestSide) return undefined;
  const { width, height } = (await sharp(bytes, { limitInputPixels: imagePixelsMax }).metadata()).autoOrient;
  return Math.min(width, height) > shortestSide ? { width, height } : undefined;
}

/**
 * Reduces all of an image to a shorter side. With sharp's own `outside` the longer side would have the scale of the
 * shorter one, and lose or win part of a pixel.
 */
function reduce(image: Sharp, { width, height }: Sides, shortestSide: number, isJpg: boolean): void {
  const scale = shortestSide / Math.min(width, height);
  // libjpeg decodes a half, a quarter or an eighth of a JPEG where that is enough. sharp overlooks what this cuts off
  // at the right and at the bottom, and stretches the rest. An extract of the whole makes it decode every pixel.
  if (isJpg && (width % jpegBlock !== 0 || height % jpegBlock !== 0)) image.extract({ left: 0, top: 0, width, height });
  image.resize({
    width: Math.round(width * scale),
    height: Math.round(height * scale),
    fit: 'fill',
    kernel: 'cubic',
  });
}

const jpegBlock = 8;

export interface ImageSize extends Sides {
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
    const size = uprightSingle(bytes) ?? (await sizeByLibvips(bytes));
    const { width, height } = size;
    requireSide(width, height);
    if (width * height > pixelsMax)
      throw new Error(`it has ${width} × ${height} pixels; the limit is ${pixelsMax}${pixelsHelp}`);
    return size;
  } catch (cause) {
    throw unreadableImage(bytes, cause);
  }
}

/** The size of a file that cannot hold more than one picture, and has no EXIF data that may turn it. */
function uprightSingle(bytes: Uint8Array): ImageSize | undefined {
  const format = formatOf(bytes);
  const exif = format === 'jpg' ? 'Exif' : format === 'png' ? 'eXIf' : undefined;
  if (exif === undefined || Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(exif, 0, 'latin1'))
    return undefined;
  const sides = headerSides(bytes, format);
  return sides && { width: sides[0], height: sides[1], pictures: 1 };
}

async function sizeByLibvips(bytes: Uint8Array): Promise<ImageSize> {
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  requireColours(metadata);
  const { autoOrient, pages = 1 } = metadata;
  return { ...autoOrient, pictures: pages };
}

/** A tiff may hold measurements. Nobody can tell which of them are black and white, and libvips cuts at 0 and 255. */
function requireColours({ depth }: Metadata): void {
  if (depth === 'uchar' || depth === 'ushort') return;
  throw new Error(`its values are of the type ${depth}, and no colours: scale them to 8 or 16 bits`);
}

/** The error of an image that cannot be used. */
export function unreadableImage(bytes: Uint8Array, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Unreadable image of ${bytes.byteLength} bytes: ${causeText(cause)}.`,
    help: `Check the file with an image viewer; ${readFormatNames} are read.`,
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
  if (formatOf(bytes) !== undefined) return;
  throw new Error(`it is ${unreadFormatOf(bytes)}`);
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
