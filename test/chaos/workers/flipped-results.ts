// From SIGUSR2 on, one bit of every result of this process flips on its way to the store, after it was computed.
import { createHash } from 'node:crypto';
import { beforeResult } from './result-writes.js';

let isBroken = false;
process.on('SIGUSR2', () => void (isBroken = true));

/** The sha256 of what was stored in place of each result, by its key. */
export const flipped = new Map<string, string>();

beforeResult((key, bytes) => {
  if (!isBroken) return;
  const value = Math.floor((bytes.byteLength * 7) / 8 / 4); // In the last quarter of a blob.
  bytes[value * 4 + 3]! ^= 0b10; // The exponent of the value.
  flipped.set(key, createHash('sha256').update(bytes).digest('hex'));
  process.stderr.write(`flipped a bit of ${key}\n`);
});
