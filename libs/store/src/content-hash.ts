import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Pieces } from './store.js';

/** Hashing this much takes about 5 ms. Between slices, timers and sockets get a turn. */
const sliceBytes = 4 * 1024 * 1024;

/** sha256 of the bytes, in lower-case hex. Long blobs are hashed in slices so that they do not block the event loop. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  await updateInSlices(hash, bytes);
  return hash.digest('hex');
}

/** The same pieces, and the sha256 of what was last taken of them, known once all of it was. */
export function hashedPieces(pieces: Pieces): { readonly pieces: Pieces; hash(): string } {
  let taken = '';
  return {
    async *pieces() {
      const hash = createHash('sha256');
      for await (const piece of pieces()) {
        await updateInSlices(hash, piece);
        yield piece;
      }
      taken = hash.digest('hex');
    },
    hash: () => taken,
  };
}

async function updateInSlices(hash: Hash, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength; offset += sliceBytes) {
    if (offset > 0) await setImmediate();
    hash.update(bytes.subarray(offset, offset + sliceBytes));
  }
}
