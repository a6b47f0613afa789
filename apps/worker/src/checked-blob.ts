import { createHash } from 'node:crypto';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';

/** A blob that others wrote, and which it must be. */
export interface CheckedBlob {
  readonly store: Store;
  readonly key: string;
  /** sha256 in hex. */
  readonly hash: string;
  /** For people: "the parameters". */
  readonly what: string;
}

/**
 * Read a blob piece by piece. The hash is known once all are read, so what comes of the pieces counts when the promise
 * resolves, and not before. Throws STORE_FAILED where the blob is another than the one named, also where `read` found
 * that out by what is in it (DATA_INVALID).
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

/** The whole of a small blob. Throws as readChecked does. */
export function checkedBytes(blob: CheckedBlob): Promise<Uint8Array> {
  return readChecked(blob, async (pieces) => {
    const copies: Uint8Array[] = [];
    for await (const piece of pieces) copies.push(piece.slice());
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
