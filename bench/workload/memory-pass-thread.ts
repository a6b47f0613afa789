import { parentPort } from 'node:worker_threads';
import type { ThreadRequest, ThreadResponse } from '#threads/thread-client.js';
import type { PassCall } from './memory-pass.js';

/* Reads and writes eight bytes at a time with hardly any arithmetic, so that only memory limits the speed. */

function pass({ rewritten, read, share, shares, one }: PassCall): number {
  const part = (bytes: Uint8Array): Float64Array => {
    const [first, last] = [Math.ceil(bytes.byteOffset / 8), Math.floor((bytes.byteOffset + bytes.byteLength) / 8)];
    const [from, to] = [
      first + Math.floor(((last - first) * share) / shares),
      first + Math.floor(((last - first) * (share + 1)) / shares),
    ];
    return new Float64Array(bytes.buffer, 8 * from, to - from);
  };
  for (const bytes of rewritten) multiply(part(bytes), one);
  return read.reduce((sum, bytes) => sum + total(part(bytes)), 0);
}

function multiply(values: Float64Array, factor: number): void {
  for (let i = 0; i < values.length; i++) values[i] = values[i]! * factor;
}

/** Four partial sums, so that no addition waits for the one before. */
function total(values: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let i = 0; i + 3 < values.length; i += 4) {
    a += values[i]!;
    b += values[i + 1]!;
    c += values[i + 2]!;
    d += values[i + 3]!;
  }
  return a + b + c + d;
}

parentPort!.on('message', ({ id, call }: ThreadRequest<PassCall>) => {
  const response: ThreadResponse<number> = { id, ok: true, result: pass(call) };
  parentPort!.postMessage(response);
});
