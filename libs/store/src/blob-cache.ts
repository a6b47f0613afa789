import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm, utimes, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { removeOldest } from '#protocol/bounded-folder.js';
import { makeFolders } from '#protocol/make-folders.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Store } from './store.js';

/** A blob that never changes. */
export interface KeptBlob {
  readonly store: Store;
  readonly key: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Keeps blobs in a folder of this machine, whole and by their content, so that parts of them are read from its disk.
 * Any number of processes may use the folder at once. The disk never causes a failure: what cannot be kept is read from
 * its store.
 */
export interface BlobCache {
  readonly bytesMax: number;
  /**
   * Bytes [offset, offset + length) of a blob, or fewer if it ends earlier. The first call fetches all of it. Throws
   * DATA_INVALID if it does not have its hash, and what the store throws.
   */
  getRange(blob: KeptBlob, offset: number, length: number): Promise<Uint8Array>;
  /** Begins to fetch a blob that will be read soon. */
  prefetch(blob: KeptBlob): void;
}

export interface BlobCacheOptions {
  /** Created if it does not exist, and then readable only by its user. */
  readonly folder: string;
  /** When all blobs together are larger, the least recently used ones are removed. */
  readonly bytesMax: number;
  /** Called for each blob that is removed, and when the folder cannot be used. */
  readonly onEvent: (event: string) => void;
}

/** How many blobs are fetched at once. */
const fetchesMax = 2;
/** A file is marked as used at most so often: images are read from it by the thousand. */
const markEveryMs = 60_000;

export function openBlobCache({ folder, bytesMax, onEvent }: BlobCacheOptions): BlobCache {
  const fetching = new Map<string, Promise<void>>();
  const markedMs = new Map<string, number>();
  const atOnce = pLimit(fetchesMax);
  const pathOf = ({ sha256 }: KeptBlob): string => join(folder, sha256);

  const fetched = (blob: KeptBlob): Promise<void> => {
    const path = pathOf(blob);
    const begun = fetching.get(path);
    if (begun) return begun;
    const fetch = atOnce(() => keep(blob, path)).finally(() => fetching.delete(path));
    fetching.set(path, fetch);
    return fetch;
  };
  const keep = async (blob: KeptBlob, path: string): Promise<void> => {
    const pieces = blob.store.getPieces(blob.key);
    const temporary = join(folder, `${randomUUID()}.new`);
    let file: FileHandle | undefined;
    try {
      await outlastDisk(async () => {
        await makeFolders(folder, { mode: 0o700 });
        await removeOldest(folder, bytesMax - blob.bytes, (event) => void onEvent(event));
        file = await open(temporary, 'wx', 0o600);
      });
      if (!file) return;
      const hash = createHash('sha256');
      for await (const piece of pieces) {
        hash.update(piece);
        if (!(await outlastDisk(() => file!.writeFile(piece)))) return;
      }
      if (hash.digest('hex') !== blob.sha256) throw damaged(blob);
      await outlastDisk(() => rename(temporary, path));
    } finally {
      await file?.close();
      await rm(temporary, { force: true }).catch(() => undefined);
    }
  };
  /** Whether it worked. */
  const outlastDisk = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      onEvent(`${folder} cannot be used: ${(error as Error).message}`);
      return false;
    }
  };
  const mark = async (path: string): Promise<void> => {
    const now = new Date();
    if (now.getTime() - (markedMs.get(path) ?? 0) < markEveryMs) return;
    markedMs.delete(path);
    markedMs.set(path, now.getTime());
    for (const oldest of [...markedMs.keys()].slice(0, -pathsMax)) markedMs.delete(oldest);
    await utimes(path, now, now).catch(() => undefined); // Another process may have removed it.
  };
  const read = async (path: string, offset: number, length: number): Promise<Uint8Array | undefined> => {
    const file = await open(path).catch(() => undefined);
    if (!file) return undefined;
    try {
      const bytes = Buffer.allocUnsafeSlow(length);
      const { bytesRead } = await file.read(bytes, 0, length, offset);
      void mark(path);
      return new Uint8Array(bytes.buffer, 0, bytesRead);
    } catch (error) {
      onEvent(`${path} cannot be read: ${(error as Error).message}`);
      return undefined;
    } finally {
      await file.close();
    }
  };

  return {
    bytesMax,
    async getRange(blob, offset, length) {
      const path = pathOf(blob);
      const kept = await read(path, offset, length);
      if (kept) return kept;
      if (blob.bytes <= bytesMax) await fetched(blob);
      return (await read(path, offset, length)) ?? blob.store.getRange(blob.key, offset, length);
    },
    prefetch(blob) {
      if (blob.bytes > bytesMax || fetching.size >= prefetchedMax) return;
      const fetch = async (): Promise<void> => {
        if (!(await read(pathOf(blob), 0, 1))) await fetched(blob);
      };
      void fetch().catch(() => undefined); // Whoever reads it hears of that.
    },
  };
}

/** Files whose last mark is known, and blobs that wait to be fetched ahead. */
const [pathsMax, prefetchedMax] = [4096, 64];

function damaged({ store, key, sha256 }: KeptBlob): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected ${store.url}/${key} to have sha256 ${sha256}, got other bytes.`,
    help: 'The data set was changed or copied in part: copy or prepare it again.',
  });
}
