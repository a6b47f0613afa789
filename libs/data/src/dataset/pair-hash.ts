import { createHash } from 'node:crypto';

/** With 16 bytes even 2^32 different inputs are unlikely to contain a collision. */
export const pairHashBytes = 16;

/** Identifies a caption by its tokens or an image by its file: the first 16 bytes of their sha256. */
export function pairHash(of: Uint8Array | Int32Array): Uint8Array {
  return createHash('sha256').update(of).digest().subarray(0, pairHashBytes);
}
