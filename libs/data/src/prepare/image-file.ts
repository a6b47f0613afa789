import { imageFileBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readRegularFile } from '#store/file/regular-file.js';
import { formatOf, unreadImage } from '../image/image-formats.js';

/**
 * Reads the file of an image. Throws what readRegularFile throws, and DATA_INVALID if it is of a format that the
 * decoder does not read, by its bytes and its name.
 */
export async function readImageFile(path: string): Promise<Uint8Array> {
  const bytes = await readRegularFile(path, imageFileBytesMax);
  const unread = formatOf(bytes) === undefined ? unreadImage(path) : undefined;
  if (unread === undefined) return bytes;
  throw new TandemError({ code: ErrorCode.DataInvalid, message: unread });
}
