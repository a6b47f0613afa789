// Goal: parts of a blob are read from this machine's disk once it was fetched, within a number of bytes, and the disk
// is never a reason to fail. Method: a directory store that counts what is read, and a folder that is none.
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openBlobCache, type BlobCache, type KeptBlob } from '#store/blob-cache.js';
import { contentHash } from '#store/content-hash.js';
import { openStore } from '#store/open-store.js';

interface Fixture {
  readonly cache: BlobCache;
  readonly folder: string;
  readonly events: string[];
  /** Whole blobs that were read from the store, and parts of them. */
  readonly read: { whole: string[]; parts: string[] };
  blob(key: string, bytes: Uint8Array): Promise<KeptBlob>;
}

async function fixture({ bytesMax = 1000, folder = 'cache' } = {}): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'tandem-blob-cache-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const files = openStore(join(directory, 'store'));
  const read: Fixture['read'] = { whole: [], parts: [] };
  const store = {
    ...files,
    getPieces: (key: string) => (read.whole.push(key), files.getPieces(key)),
    getRange: (key: string, offset: number, length: number) => (
      read.parts.push(key),
      files.getRange(key, offset, length)
    ),
  };
  const events: string[] = [];
  const path = join(directory, folder);
  const cache = openBlobCache({ folder: path, bytesMax, onEvent: (event) => void events.push(event) });
  return {
    cache,
    folder: path,
    events,
    read,
    async blob(key, bytes) {
      await files.put(key, bytes);
      return { store, key, bytes: bytes.byteLength, sha256: await contentHash(bytes) };
    },
  };
}

const bytesOf = (fill: number, length = 400): Uint8Array => new Uint8Array(length).fill(fill);
const stored = async (folder: string): Promise<string[]> => (await readdir(folder)).sort();

it('fetches a blob once, however many ask for parts of it at a time', async () => {
  const { cache, read, blob } = await fixture();
  const bytes = Uint8Array.from({ length: 400 }, (_, at) => at);
  const one = await blob('one', bytes);
  const parts = await Promise.all([0, 100, 390].map((offset) => cache.getRange(one, offset, 20)));
  expect(parts.map((part) => [...part])).toEqual(
    [0, 100, 390].map((offset) => [...bytes.subarray(offset, offset + 20)]),
  );
  expect([...(await cache.getRange(one, 7, 3))]).toEqual([7, 8, 9]);
  expect(read).toEqual({ whole: ['one'], parts: [] });
});

it('removes what was not used for longest, and holds no more than its bytes', async () => {
  const { cache, folder, read, blob } = await fixture();
  const blobs = await Promise.all([1, 2, 3].map((fill) => blob(String(fill), bytesOf(fill))));
  await cache.getRange(blobs[0]!, 0, 1);
  await cache.getRange(blobs[1]!, 0, 1);
  const longAgo = new Date(Date.now() - 1e6);
  await utimes(join(folder, blobs[1]!.sha256), longAgo, longAgo);
  await cache.getRange(blobs[2]!, 0, 1);
  expect(await stored(folder)).toEqual([blobs[0]!.sha256, blobs[2]!.sha256].sort());
  expect([...(await cache.getRange(blobs[1]!, 0, 1))]).toEqual([2]);
  expect(read.whole).toEqual(['1', '2', '3', '2']);
  expect((await stored(folder)).length).toBe(2);
});

it('reads what is larger than all of it from the store', async () => {
  const { cache, read, blob } = await fixture({ bytesMax: 300 });
  expect([...(await cache.getRange(await blob('large', bytesOf(5)), 3, 2))]).toEqual([5, 5]);
  expect(read).toEqual({ whole: [], parts: ['large'] });
});

it('refuses a blob that does not have its hash, and keeps nothing of it', async () => {
  const { cache, folder, blob } = await fixture();
  const one = { ...(await blob('one', bytesOf(1))), sha256: '0'.repeat(64) };
  await expect(cache.getRange(one, 0, 1)).rejects.toMatchObject({ code: 'DATA_INVALID' });
  expect(await stored(folder)).toEqual([]);
});

it('says what the store says, and tries again', async () => {
  const { cache, blob } = await fixture();
  const one = await blob('one', bytesOf(1));
  await expect(cache.getRange({ ...one, key: 'other' }, 0, 1)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  expect([...(await cache.getRange(one, 0, 1))]).toEqual([1]);
});

it('reads from the store where the folder cannot be used, and says so', async () => {
  const { cache, folder, events, read, blob } = await fixture();
  const one = await blob('one', bytesOf(1));
  await writeFile(folder, 'a file in the place of the folder');
  expect([...(await cache.getRange(one, 0, 2))]).toEqual([1, 1]);
  expect(read.parts).toEqual(['one']);
  expect(events.join()).toMatch(/cannot be used/);
  expect((await stat(folder)).isFile()).toBe(true);
});

it('fetches ahead', async () => {
  const { cache, folder, read, blob } = await fixture();
  const one = await blob('one', bytesOf(1));
  cache.prefetch(one);
  await expect.poll(() => stored(folder)).toEqual([one.sha256]);
  cache.prefetch(one);
  expect([...(await cache.getRange(one, 0, 1))]).toEqual([1]);
  expect(read).toEqual({ whole: ['one'], parts: [] });
});
