import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { makeFolders } from '#protocol/make-folders.js';

/** A folder of values that are dear to make, between processes. Any number of processes may use it at once. */
export interface DiskCacheOptions {
  /** Made, and readable by its user alone, where it is not there. */
  readonly folder: string;
  /** Where all entries together are larger, those used longest ago go. */
  readonly bytesMax: number;
  /** Hears of damaged entries, of those that went, and of a folder that cannot be used. */
  readonly onEvent: (event: string) => void;
}

/**
 * The value under `key`, or what `make` makes, which is then kept. `key` must name all that the value depends on.
 * Values are what v8 serialises: plain objects and typed arrays, references to one object included. The disk never
 * makes it fail: what is damaged is made anew, and what cannot be kept is not.
 */
export async function throughDisk<T>(cache: DiskCacheOptions, key: string, make: () => T | Promise<T>): Promise<T> {
  const path = join(cache.folder, sha256(Buffer.from(key)).toString('hex'));
  const kept = await read(path).catch(
    (error: unknown) => void cache.onEvent(`${path} cannot be used and is made anew: ${messageOf(error)}`),
  );
  if (kept) return kept.value as T;
  const value = await make();
  await write(path, value, cache).catch((error: unknown) =>
    cache.onEvent(`${path} cannot be kept: ${messageOf(error)}`),
  );
  return value;
}

const HASH_BYTES = 32;

async function read(path: string): Promise<{ readonly value: unknown } | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  if (!bytes) return undefined;
  const body = bytes.subarray(HASH_BYTES);
  if (!sha256(body).equals(bytes.subarray(0, HASH_BYTES))) throw new Error('its bytes are not those that were written');
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined); // Another process may have removed it, or own it.
  return { value: deserialize(body) };
}

/**
 * Beside, then into place: no process sees half an entry. Power lost before the bytes are on disk leaves one that its
 * hash refuses.
 */
async function write(path: string, value: unknown, { folder, bytesMax, onEvent }: DiskCacheOptions): Promise<void> {
  const body = serialize(value);
  await makeFolders(folder, { mode: 0o700 });
  const temporary = join(folder, `${randomUUID()}.new`);
  try {
    await writeFile(temporary, Buffer.concat([sha256(body), body]), { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await removeOldest(folder, bytesMax, onEvent);
}

/** Also what a process that died left unfinished, in its turn. */
async function removeOldest(folder: string, bytesMax: number, onEvent: DiskCacheOptions['onEvent']): Promise<void> {
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const files = await Promise.all(
    paths.map(async (path) =>
      stat(path).then(
        ({ size, mtimeMs }) => ({ path, size, mtimeMs }),
        () => undefined,
      ),
    ),
  );
  let total = 0;
  for (const file of files.filter((one) => one !== undefined).sort((a, b) => b.mtimeMs - a.mtimeMs)) {
    total += file.size;
    if (total <= bytesMax) continue;
    await rm(file.path, { force: true });
    onEvent(`${file.path} goes: the cache may hold ${bytesMax} bytes`);
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
