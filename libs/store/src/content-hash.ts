import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** About 5 ms of hashing, after which timers and sockets get their turn. */
const sliceBytes = 4 * 1024 * 1024;

/**
 * sha256 of the bytes, in lower-case hex; long blobs are hashed in slices so that the event loop never stands still.
 */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < bytes.byteLength; offset += sliceBytes) {
    if (offset > 0) await setImmediate();
    hash.update(bytes.subarray(offset, offset + sliceBytes));
  }
  return hash.digest('hex');
}
