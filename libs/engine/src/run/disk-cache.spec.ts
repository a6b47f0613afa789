import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { throughDisk, type DiskCacheOptions } from './disk-cache.js';

const scratch = await mkdtemp(join(tmpdir(), 'tandem-disk-cache-'));
afterAll(() => rm(scratch, { recursive: true }));

let cache: DiskCacheOptions;
let events: string[];
let made: string[];
beforeEach(async () => {
  [events, made] = [[], []];
  cache = {
    folder: join(await mkdtemp(join(scratch, 'case-')), 'programs'),
    bytesMax: 10_000,
    onEvent: (event) => events.push(event),
  };
});

/** A value of 1,000 bytes, from which one can tell its key. */
function valueFor(key: string, options = cache): Promise<{ key: string; bytes: Uint8Array }> {
  return throughDisk(options, key, () => {
    made.push(key);
    return { key, bytes: new Uint8Array(1000).fill(key.length) };
  });
}

const files = async (): Promise<string[]> => (await readdir(cache.folder)).map((name) => join(cache.folder, name));

describe('a cache on disk', () => {
  it('makes a value once for each key', async () => {
    const [first, again, other] = [await valueFor('a'), await valueFor('a'), await valueFor('bb')];
    expect(again).toEqual(first);
    expect(other).toEqual({ key: 'bb', bytes: new Uint8Array(1000).fill(2) });
    expect(made).toEqual(['a', 'bb']);
    expect(events).toEqual([]);
  });

  it('can be read only by its user', async () => {
    await valueFor('a');
    const modes = await Promise.all(
      [cache.folder, ...(await files())].map(async (path) => (await stat(path)).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o600]);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ['truncated', (path) => truncate(path, 700)],
    ['empty', (path) => truncate(path, 0)],
    [
      'corrupted in one bit',
      async (path) => {
        const bytes = await readFile(path);
        bytes[500]! ^= 1;
        await writeFile(path, bytes);
      },
    ],
  ])('L1: makes an entry again if it is %s, reports that, and keeps the new one', async (_what, damage) => {
    const first = await valueFor('a');
    await damage((await files())[0]!);
    expect(await valueFor('a')).toEqual(first);
    expect(await valueFor('a')).toEqual(first);
    expect(made).toEqual(['a', 'a']);
    expect(events).toEqual([expect.stringMatching(/cannot be used and is made again/)]);
  });

  it('L1: removes the least recently used entries when it exceeds its limit, and reports that', async () => {
    const options = { ...cache, bytesMax: 3300 };
    for (const key of ['used', 'old', 'new']) await valueFor(key, options);
    for (const path of await files()) await utimes(path, 1000, 1000);
    expect(events).toEqual([]);
    expect(await files()).toHaveLength(3);
    made = [];
    await valueFor('used', options); // Now the most recently used.
    await valueFor('one more', options);
    expect(made).toEqual(['one more']);
    expect(events).toEqual([expect.stringMatching(/goes: the cache may hold 3300 bytes/)]);
    made = [];
    await valueFor('used', options);
    await valueFor('one more', options);
    expect(made).toEqual([]);
    expect(await files()).toHaveLength(3);
  });

  it('removes the unfinished file of a process that died, once that file is the oldest', async () => {
    await valueFor('a');
    const left = join(cache.folder, 'left.new');
    await writeFile(left, new Uint8Array(9500));
    await utimes(left, 1000, 1000);
    await valueFor('b');
    expect(await files()).toHaveLength(2);
    expect(await files()).not.toContain(left);
  });

  it('works without a folder if it cannot create one, and reports why', async () => {
    const file = join(scratch, 'a-file');
    await writeFile(file, '');
    const options = { ...cache, folder: join(file, 'programs') };
    expect((await valueFor('a', options)).key).toBe('a');
    expect(events.at(-1)).toMatch(/cannot be kept: ENOTDIR/);
  });

  it('gives the same values to many callers at once, and is left with complete entries', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => valueFor(i % 2 ? 'a' : 'bb')));
    expect(new Set(all.map(({ key, bytes }) => `${key} ${bytes.join()}`)).size).toBe(2);
    made = [];
    await valueFor('a');
    await valueFor('bb');
    expect(made).toEqual([]);
    expect(events).toEqual([]);
    expect(await files()).toHaveLength(2);
  });
});
