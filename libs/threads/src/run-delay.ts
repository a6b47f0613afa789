import { closeSync, openSync, readSync } from 'node:fs';

/** How long this thread was ready to run so far, but others had the CPU, in milliseconds. */
export interface RunDelay {
  readMs(): number;
  close(): void;
}

/** Opens the scheduler's account of the calling thread; undefined where there is none: only Linux keeps one. */
export function openRunDelay(): RunDelay | undefined {
  // "<ns on the CPU> <ns ready to run> <times on the CPU>"
  const fields = /^\d+ (\d+) \d+$/m;
  const bytes = Buffer.alloc(128);
  const read = (fd: number): string | undefined =>
    fields.exec(bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0)))?.[1];
  try {
    const fd = openSync('/proc/thread-self/schedstat', 'r');
    if (read(fd) === undefined) return (closeSync(fd), undefined);
    return { readMs: () => Number(read(fd)) / 1e6, close: () => closeSync(fd) };
  } catch {
    return undefined;
  }
}
