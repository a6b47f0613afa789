import { decodeImage, openImage } from '../image/decode-image.js';
import type { NewSample } from '../dataset/dataset-writer.js';

/**
 * An image as it is put into a data set: the file as it is where it is a webp, jpg or png, made smaller (webp) where
 * `shortestSide` is given and it is larger. It is decoded whole first; DATA_INVALID where that fails.
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

/** By the file's first bytes: names lie. */
function extensionOf(bytes: Uint8Array): NewSample['extension'] | undefined {
  const text = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpg';
  if (text.startsWith('\x89PNG')) return 'png';
  if (text.startsWith('RIFF') && text.endsWith('WEBP')) return 'webp';
  return undefined;
}
