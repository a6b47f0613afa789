import { createHash, type Hash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { passingThread } from '#threads/passing-thread.js';
import { startThread } from '#threads/thread-client.js';
import type { Pieces } from './store.js';

/** Hashing this much takes about 5 ms. Between slices, timers and sockets get a turn. */
const sliceBytes = 4 * 1024 * 1024;

/** Smaller blobs are hashed here: that takes no longer than to ask a thread. */
const threadBytesMin = 16 * 1024 * 1024;
const idleMs = 10_000;

/** Asks for the sha256 of bytes in shared memory. */
export interface HashingCall {
  readonly kind: 'hash';
  readonly bytes: Uint8Array;
}

const hashing = passingThread(
  () =>
    startThread<HashingCall, { hash: string }>({
      entry: new URL('./hashing-thread.js', import.meta.url),
      failure: (message) =>
        new TandemError({ code: ErrorCode.Internal, message: `The thread that hashes blobs failed: ${message}` }),
    }),
  idleMs,
);

/**
 * sha256 of the bytes, in lower-case hex. Long blobs do not block the event loop: a thread hashes those in shared
 * memory, which must not change meanwhile, and others are hashed in slices.
 */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  if (bytes.byteLength >= threadBytesMin && bytes.buffer instanceof SharedArrayBuffer)
    return hashing.during((thread) => thread.call({ kind: 'hash', bytes }));
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
