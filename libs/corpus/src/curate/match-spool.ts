import { closeSync, openSync, readSync, rmSync, writeSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { PairWords } from './pair-draws.js';

/**
 * The matches of all pairs on disk, in their order, so that captions are matched once. A pair takes 12 bytes and 4 for
 * each match.
 */
export interface MatchSpool {
  /** Adds a pair with the first `count` of `matches`. */
  add(pair: PairWords, matches: Uint32Array, count: number): void;
  /** Calls `take` for every pair that was added. `matches` is overwritten by the next call. */
  forEach(take: (pair: PairWords, matches: Uint32Array) => void): void;
  close(): void;
}

/** Numbers that are written or read at a time, beside those of a single pair. */
const bufferLength = 2 ** 18;
const headNumbers = 3;

/** In a folder of its own below `scratch`, which is gone when it is closed. */
export function matchSpool(scratch: string): MatchSpool {
  const folder = mkdtempSync(join(scratch, 'tandem-matches-'));
  const file = openSync(join(folder, 'matches'), 'w+');
  let waiting = new Uint32Array(bufferLength);
  let used = 0;
  let writtenBytes = 0;

  function flush(): void {
    const bytes = new Uint8Array(waiting.buffer, 0, used * 4);
    for (let done = 0; done < bytes.byteLength;)
      done += writeSync(file, bytes, done, bytes.byteLength - done, writtenBytes + done);
    writtenBytes += bytes.byteLength;
    used = 0;
  }

  return {
    add({ first, second }, matches, count) {
      const numbers = headNumbers + count;
      if (used + numbers > waiting.length) flush();
      if (numbers > waiting.length) waiting = new Uint32Array(numbers);
      waiting[used] = first;
      waiting[used + 1] = second;
      waiting[used + 2] = count;
      used += headNumbers;
      // A loop is faster than `set` for so few.
      for (let at = 0; at < count; at++) waiting[used++] = matches[at]!;
    },
    forEach(take) {
      flush();
      let held = new Uint32Array(0);
      let buffer = new Uint32Array(Math.max(bufferLength, waiting.length));
      for (let at = 0; at < writtenBytes;) {
        if (held.length > 0) buffer.set(held);
        const room = new Uint8Array(buffer.buffer, held.byteLength);
        const read = readSync(file, room, 0, Math.min(room.byteLength, writtenBytes - at), at);
        if (read === 0) throw new Error(`expected ${writtenBytes} bytes of matches in ${folder}, got ${at}`);
        at += read;
        const end = (held.byteLength + read) >> 2;
        let place = 0;
        while (place + headNumbers <= end && place + headNumbers + buffer[place + 2]! <= end) {
          const matches = buffer.subarray(place + headNumbers, place + headNumbers + buffer[place + 2]!);
          take({ first: buffer[place]!, second: buffer[place + 1]! }, matches);
          place += headNumbers + matches.length;
        }
        at -= read & 3; // Only whole numbers count as read.
        held = buffer.slice(place, end);
        if (held.length === buffer.length) buffer = new Uint32Array(buffer.length * 2);
      }
    },
    close() {
      closeSync(file);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
