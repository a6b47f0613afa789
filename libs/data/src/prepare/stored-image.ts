import type { OutputInfo } from 'sharp';
import {
  decodeImage,
  imagePixelsMax,
  imageSize,
  openImage,
  unreadableImage,
  type Sides,
} from '../image/decode-image.js';
import { formatOf } from '../image/image-formats.js';
import type { NewSample } from '../dataset/sample.js';

export interface StoredImageOptions {
  /** Reduce larger images so that their shorter side has this many pixels. */
  readonly shortestSide?: number | undefined;
  /** Images with more pixels are refused; imagePixelsMax if left out. */
  readonly pixelsMax?: number | undefined;
}

export interface StoredImage extends Pick<NewSample, 'image' | 'extension'> {
  /** What was changed, in words that are the same for every image. */
  readonly changes: readonly string[];
  /** Of the image as it came. */
  readonly original: Sides;
  /** Of the image as it is stored. */
  readonly sides: Sides;
}

/**
 * Prepares an image for storage. A webp, jpg or png file is stored unchanged; other formats, and images whose shorter
 * side exceeds `shortestSide`, are encoded again. The image is decoded completely first; throws DATA_INVALID if that
 * fails.
 */
export async function storedImage(
  bytes: Uint8Array,
  { shortestSide, pixelsMax }: StoredImageOptions = {},
): Promise<StoredImage> {
  const { width, height, pictures } = await imageSize(bytes, pixelsMax);
  const original = { width, height };
  const side = Math.min(width, height);
  const format = formatOf(bytes);
  const isReduced = shortestSide !== undefined && side > shortestSide;
  if (!isReduced && (format === 'jpg' || format === 'png' || format === 'webp')) {
    await checkDecodes(bytes, format);
    const changes = pictures > 1 ? [firstOfSeveral] : [];
    return { image: bytes, extension: format, changes, original, sides: original };
  }
  const scale = isReduced ? shortestSide / side : 1;
  if (width * scale * height * scale > imagePixelsMax)
    throw unreadableImage(bytes, new Error(`it has ${width} × ${height} pixels; reduce it with --shortest-side`));
  const changes = [
    ...(isReduced ? [`reduced to ${shortestSide} pixels`] : []),
    ...(isReduced || format === undefined ? [] : [`${format} encoded again`]),
    ...(pictures > 1 ? [firstOfSeveral] : []),
  ];
  try {
    const extension = format === 'gif' || Math.max(width, height) * scale > jpegSideMax ? 'png' : 'jpg';
    const { data, info } = await encoded(bytes, extension, { shortestSide, pixelsMax });
    return { image: data, extension, changes, original, sides: { width: info.width, height: info.height } };
  } catch (cause) {
    throw unreadableImage(bytes, cause);
  }
}

/**
 * Decodes all of an image that is stored as it is. libwebp reads the whole of it also when it gives a small one, in
 * less than half the time (1.8 ms of 4.2 for 400 × 300 pixels); jpg and png gain nothing by it.
 */
async function checkDecodes(bytes: Uint8Array, format: string): Promise<void> {
  await decodeImage(bytes, format === 'webp' ? checkedSide : undefined);
}

const checkedSide = 32;

const firstOfSeveral = 'first picture of several taken';

/** A longer side than a JPEG may have. WebP would end at 16,383, and takes five times as long to encode. */
const jpegSideMax = 65_000;

/** The colours in full resolution, because the picture is small afterwards. */
const jpegOptions = { quality: 92, chromaSubsampling: '4:4:4' } as const;

function encoded(
  bytes: Uint8Array,
  extension: 'jpg' | 'png',
  { shortestSide, pixelsMax }: StoredImageOptions,
): Promise<{ readonly data: Buffer; readonly info: OutputInfo }> {
  const image = openImage(bytes, pixelsMax);
  if (shortestSide !== undefined)
    image.resize({
      width: shortestSide,
      height: shortestSide,
      fit: 'outside',
      withoutEnlargement: true,
      kernel: 'cubic',
    });
  return (extension === 'jpg' ? image.jpeg(jpegOptions) : image.png()).toBuffer({ resolveWithObject: true });
}
