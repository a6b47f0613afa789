import { randomUUID } from 'node:crypto';
import { link, mkdir, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readFrom, withFile, writeFile } from './blob-file.js';
import { absent, errnoOf, fileError, isTaken, notFound } from './file-error.js';
import type { FileAction } from './file-error.js';
import { keysIn, removeAbandoned, syncFolders } from './folder.js';
import { checkKey, checkPrefix, checkRemovable } from './store-key.js';
import { probeStore } from './store-probe.js';
import type { Store } from './store.js';
import { joinUrl } from './store-url.js';

/** Files being written, at the root so that a rename stays on one file system. `~` keeps the name out of the keys. */
const incoming = '~incoming';
/** A folder can be pruned by a remover between our making it and our using it; that it happens this often is no race. */
const maxFolderAttempts = 16;

/**
 * A store in a directory, made at the first write. A blob is written beside and renamed (`put`) or linked
 * (`putIfAbsent`: link fails where the name is taken) into place; removing prunes folders that become empty.
 */
export function openFileStore(directory: string): Store {
  const url = `file:${directory}`;
  const pathOf = (key: string): string => join(directory, key);

  async function write(key: string, bytes: Uint8Array, durable: boolean, place: typeof rename): Promise<void> {
    checkKey(key);
    const path = pathOf(key);
    const temporary = join(directory, incoming, randomUUID());
    let renamed = false;
    try {
      await inFolder(temporary, () => writeFile(temporary, bytes, durable));
      await inFolder(path, () => place(temporary, path));
      renamed = place === rename;
      // A blob is on disk once every folder from it to the root lists the next, whoever made them.
      if (durable) await syncFolders(dirname(path), directory);
    } finally {
      if (!renamed) await rm(temporary, { force: true }).catch(() => undefined);
    }
  }

  /** Do `use`, which needs the folder of `path`; where that is missing, make it first. */
  async function inFolder(path: string, use: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await use();
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || attempt === maxFolderAttempts) throw error;
        const first = await mkdir(dirname(path), { recursive: true }).catch(absent);
        if (first && directory.startsWith(first)) await syncFolders(dirname(directory), dirname(first));
      }
    }
  }

  async function readBlob(key: string, extent: (size: number) => { offset: number; length: number }): Promise<Uint8Array> {
    checkKey(key);
    try {
      return await withFile(pathOf(key), async (file) => {
        const stats = await file.stat();
        if (!stats.isFile()) throw notFound(joinUrl(url, key));
        const { offset, length } = extent(stats.size);
        return readFrom(file, offset, length);
      });
    } catch (error) {
      const code = errnoOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') throw notFound(joinUrl(url, key));
      throw fileError(error, 'read', joinUrl(url, key));
    }
  }

  /** Remove the folders that the key's removal has left empty. */
  async function prune(key: string): Promise<void> {
    for (let folder = dirname(pathOf(key)); folder.length > directory.length; folder = dirname(folder)) {
      // Not empty, or a writer or another remover was here first: either way the folder is not ours to remove.
      if (!(await rmdir(folder).then(() => true, () => false))) return;
    }
  }

  const store: Store = {
    url,

    async put(key, bytes, options) {
      await write(key, bytes, options?.durable ?? false, rename).catch(rethrow('write', key));
    },

    async putIfAbsent(key, bytes, options) {
      try {
        await write(key, bytes, options?.durable ?? false, link);
        return true;
      } catch (error) {
        const isFolder = isTaken(error) && (await stat(pathOf(key)).catch(absent))?.isDirectory();
        return isTaken(error) && !isFolder ? false : rethrow('write', key)(error);
      }
    },

    get: (key) => readBlob(key, (size) => ({ offset: 0, length: size })),

    getRange: (key, offset, length) =>
      readBlob(key, (size) => ({ offset, length: Math.max(0, Math.min(length, size - offset)) })),

    async size(key) {
      checkKey(key);
      const found = await stat(pathOf(key)).catch(absent).catch(rethrow('read', key));
      return found?.isFile() ? found.size : undefined;
    },

    async *list(prefix) {
      checkPrefix(prefix);
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      try {
        yield* keysIn(directory, folder, prefix);
      } catch (error) {
        rethrow('list', folder)(error);
      }
    },

    async remove(key) {
      checkKey(key);
      await unlink(pathOf(key)).catch(absent).catch(rethrow('remove', key));
      await prune(key);
    },

    async removeAll(prefix) {
      checkRemovable(prefix);
      for await (const key of store.list(prefix)) await store.remove(key);
    },

    async probe() {
      await probeStore(store, randomUUID());
      await removeAbandoned(join(directory, incoming)).catch(rethrow('remove', ''));
    },

    async close() {},
  };

  function rethrow(doing: FileAction, key: string): (error: unknown) => never {
    return (error) => {
      throw fileError(error, doing, joinUrl(url, key));
    };
  }
  return store;
}
