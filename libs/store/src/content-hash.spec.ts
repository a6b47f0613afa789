// Goal: a blob has the same hash however it is hashed, and a large one in shared memory leaves the event loop alone.
// Method: blobs below and above the size from which a thread hashes them; the time on the CPU of this thread.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contentHash } from './content-hash.js';

const mebibyte = 2 ** 20;

describe('contentHash', () => {
  it.each([0, 1, 5, 16, 40])(
    'of %i MiB is the sha256, in shared memory or not, also of a part of a buffer',
    async (size) => {
      const shared = new Uint8Array(new SharedArrayBuffer(size * mebibyte + 2));
      for (let at = 0; at < shared.length; at += 1021) shared[at] = at % 251;
      const part = shared.subarray(1, -1);
      const expected = createHash('sha256').update(part).digest('hex');
      expect(await contentHash(part)).toBe(expected);
      expect(await contentHash(part.slice())).toBe(expected);
      expect(await contentHash(Uint8Array.from(part))).toBe(expected);
    },
  );

  it('several at once', async () => {
    const blobs = [1, 2, 3].map((value) => new Uint8Array(new SharedArrayBuffer(20 * mebibyte)).fill(value));
    const expected = blobs.map((blob) => createHash('sha256').update(blob).digest('hex'));
    expect(await Promise.all(blobs.map(contentHash))).toEqual(expected);
  });

  it.skipIf(process.platform !== 'linux')('of large shared memory is not computed in this thread', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(256 * mebibyte));
    const here = await cpuMs(async () => void (await contentHash(new Uint8Array(256 * mebibyte))));
    await contentHash(shared); // Starts the thread.
    const elsewhere = await cpuMs(async () => void (await contentHash(shared)));
    expect(elsewhere).toBeLessThan(here / 4);
  });
});

/** How long this thread was on the CPU during some work, however busy the machine is. */
async function cpuMs(work: () => Promise<void>): Promise<number> {
  const onCpu = (): number => Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  const before = onCpu();
  await work();
  return onCpu() - before;
}
