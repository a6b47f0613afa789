import { createHash } from 'node:crypto';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';

/** A blob in the store that another process wrote, and the hash that its bytes must have. */
export interface CheckedBlob {
  readonly store: Store;
  readonly key: string;
  /** sha256 in hex. */
  readonly hash: string;
  /** What the blob is, for error messages: "the parameters". */
  readonly what: string;
}

/**
 * Reads a blob piece by piece. Its hash is known only after the last piece, so do not rely on what `read` made of the
 * pieces until the promise resolves. Throws STORE_FAILED if the blob has another hash, or if `read` throws DATA_INVALID
 * because the content is not what it should be.
 */
export async function readChecked<T>(
  blob: CheckedBlob,
  read: (pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  try {
    return await read(hashed(blob));
  } catch (error) {
    if (error instanceof TandemError && error.code === ErrorCode.DataInvalid)
      throw another(blob, `another: ${error.message}`, error);
    throw error;
  }
}

/** All bytes of a small blob. Throws as readChecked does. */
export function checkedBytes(blob: CheckedBlob): Promise<Uint8Array> {
  return readChecked(blob, async (pieces) => {
    const copies: Uint8Array[] = [];
    // Not slice, which for a Buffer copies nothing: the store may overwrite a piece, also after the last.
    for await (const piece of pieces) copies.push(new Uint8Array(piece));
    return Buffer.concat(copies);
  });
}

async function* hashed(blob: CheckedBlob): AsyncGenerator<Uint8Array> {
  const sum = createHash('sha256');
  for await (const piece of blob.store.getPieces(blob.key)) {
    sum.update(piece);
    yield piece;
  }
  const got = sum.digest('hex');
  if (got !== blob.hash) throw another(blob, `one with ${got}`);
}

function another({ store, key, hash, what }: CheckedBlob, got: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Expected ${what} with sha256 ${hash} at ${store.url}/${key}, got ${got}.`,
    help: 'Two coordinators may be writing to one store under the same run id; give each a store of its own.',
    retryable: true,
    cause,
  });
}
