import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf, fileError } from './file/file-error.js';
import { placeOf, type StoreAccess } from './open-store.js';

/**
 * Bytes that a store at `url` still has room for; undefined if that cannot be known, as of S3. Of a directory that is
 * not there yet, those of the file system that it will be on. Throws STORE_FAILED if the system does not say.
 */
export async function freeSpace(url: string, access: StoreAccess = {}): Promise<number | undefined> {
  const place = placeOf(url, access);
  if (place.kind === 's3') return undefined;
  for (let folder = place.directory; ; folder = dirname(folder)) {
    try {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || folder === dirname(folder)) throw fileError(error, 'list', url);
    }
  }
}
