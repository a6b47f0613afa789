import { decodeImage, openImage } from '../image/decode-image.js';
import type { NewSample } from '../dataset/dataset-writer.js';

/**
 * Prepares an image for storage. A webp, jpg or png file is stored unchanged; other formats, and images whose shorter
 * side exceeds `shortestSide`, are converted to webp. The image is decoded completely first; throws DATA_INVALID if
 * that fails.
 */
export async function storedImage(
  bytes: Uint8Array,
  shortestSide?: number,
): Promise<Pick<NewSample, 'image' | 'extension'>> {
  const { width, height } = await decodeImage(bytes);
  const extension = extensionOf(bytes);
  if (extension && (shortestSide === undefined || Math.min(width, height) <= shortestSide))
    return { image: bytes, extension };
  const image = openImage(bytes);
  if (shortestSide !== undefined)
    image.resize({
      width: shortestSide,
      height: shortestSide,
      fit: 'outside',
      withoutEnlargement: true,
      kernel: 'cubic',
    });
  return { image: await image.webp({ quality: 92 }).toBuffer(), extension: 'webp' };
}

/** Decided by the first bytes, because file names can be wrong. */
function extensionOf(bytes: Uint8Array): NewSample['extension'] | undefined {
  const text = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpg';
  if (text.startsWith('\x89PNG')) return 'png';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'webp';
  return undefined;
}
