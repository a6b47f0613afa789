import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';

/** Hashing this much takes about 5 ms. Between slices, timers and sockets get a turn. */
const sliceBytes = 4 * 1024 * 1024;

/** sha256 of the bytes, in lower-case hex. Long blobs are hashed in slices so that they do not block the event loop. */
export async function contentHash(bytes: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  for (let offset = 0; offset < bytes.byteLength; offset += sliceBytes) {
    if (offset > 0) await setImmediate();
    hash.update(bytes.subarray(offset, offset + sliceBytes));
  }
  return hash.digest('hex');
}
