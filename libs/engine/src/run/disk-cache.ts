import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { removeOldest } from '#protocol/bounded-folder.js';
import { makeFolders } from '#protocol/make-folders.js';

/** A folder that keeps values which are expensive to make. Any number of processes may use it at once. */
export interface DiskCacheOptions {
  /** Created if it does not exist, and then readable only by its user. */
  readonly folder: string;
  /** When all entries together are larger, the least recently used ones are removed. */
  readonly bytesMax: number;
  /** Called for each damaged entry, for each entry that is removed, and when the folder cannot be used. */
  readonly onEvent: (event: string) => void;
}

/**
 * Returns the value kept under `key`, or else makes it with `make` and keeps it. `key` must name everything that the
 * value depends on. A value is anything that v8 serialises: plain objects and typed arrays, with shared references. The
 * disk never causes a failure: a damaged entry is made again, and a value that cannot be kept is only returned.
 */
export async function throughDisk<T>(cache: DiskCacheOptions, key: string, make: () => T | Promise<T>): Promise<T> {
  const path = join(cache.folder, sha256(Buffer.from(key)).toString('hex'));
  const kept = await read(path).catch(
    (error: unknown) => void cache.onEvent(`${path} cannot be used and is made again: ${messageOf(error)}`),
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
 * Writes an entry to a temporary file and renames it, so that no process sees half an entry. If the power fails before
 * the bytes are on disk, the hash does not match and the entry is refused.
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

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
