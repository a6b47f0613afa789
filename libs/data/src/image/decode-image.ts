import sharp, { type Sharp } from 'sharp';
import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Decoded pixels: [height, width, 3], red, green, blue, 0 … 255. */
export interface PixelImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Images of more pixels than this are refused: a few bytes can claim any size. */
export const imagePixelsMax = 100_000_000;

/** Smaller images hold nothing to learn from: the web's placeholders and tracking pixels. */
export const imageSideMin = 8;

// Many small images are in work at once: one thread for each of them beats several threads for one (and libvips' own
// cache holds nothing that comes twice).
sharp.concurrency(1);
sharp.cache(false);

/**
 * Decode a webp, jpg, png, gif, tiff or avif file of at most imageFileBytesMax, turned as its EXIF data says,
 * transparency on white, in sRGB. `shortestSide`: an image larger than that is made smaller (bicubic, shorter side to
 * that length). DATA_INVALID where the bytes are no image.
 */
export async function decodeImage(bytes: Uint8Array, shortestSide?: number): Promise<PixelImage> {
  try {
    refuseOther(bytes);
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
      help: 'Check the file with an image viewer; webp, jpg and png are read.',
      cause,
    });
  }
}

/**
 * By the first bytes. Of the other formats that libvips reads none is a photo's, and a drawing (SVG) of a few bytes can
 * take hours and all memory.
 */
function refuseOther(bytes: Uint8Array): void {
  if (bytes.byteLength > imageFileBytesMax) throw new Error(`read are at most ${bytesText(imageFileBytesMax)}`);
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

/** The first steps of every use of an image: upright, on white, three channels. */
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
