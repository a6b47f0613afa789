import { createHash } from 'node:crypto';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { urlOf } from '#store/store-url.js';

/** A file in a store that is read in parts, never as a whole. */
export interface StoredFile {
  readonly url: string;
  readonly bytes: number;
  /** Reads bytes [offset, offset + length) into a buffer of their own. Throws DATA_INVALID if the file ends before. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** sha256 of the whole file, in lower-case hex. */
  sha256(): Promise<string>;
}

/** Throws NOT_FOUND if the file does not exist. */
export async function openStoredFile(store: Store, key: string): Promise<StoredFile> {
  const url = urlOf(store, key);
  const bytes = await store.size(key);
  if (bytes === undefined)
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Weights: there is no ${url}.`,
      help: 'Name a file of weights, or a folder that holds one.',
    });
  return {
    url,
    bytes,
    async read(offset, length) {
      if (offset + length > bytes)
        throw new TandemError({
          code: ErrorCode.DataInvalid,
          message: `Weights: ${url} ends at byte ${bytes}, expected it to go on to ${offset + length}.`,
          help: 'The file is cut short: fetch it again.',
        });
      return store.getRange(key, offset, length);
    },
    async sha256() {
      const hash = createHash('sha256');
      for await (const piece of store.getPieces(key)) hash.update(piece);
      return hash.digest('hex');
    },
  };
}
