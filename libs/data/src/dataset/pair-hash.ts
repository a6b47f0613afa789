import { createHash } from 'node:crypto';

/** Length of a key: none of 2^32 different ones is likely to come twice. */
export const pairHashBytes = 16;

/** What a caption's tokens or an image's file are known by: the beginning of their sha256, equal for equal bytes. */
export function pairHash(of: Uint8Array | Int32Array): Uint8Array {
  return createHash('sha256').update(of).digest().subarray(0, pairHashBytes);
}
