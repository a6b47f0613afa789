import { randomUUID } from 'node:crypto';
import { link, rename, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readPieces, readBlob, writeBlob } from './blob-file.js';
import { ignoreMissing, fileError, isNameTaken } from './file-error.js';
import type { FileAction } from './file-error.js';
import { foldersIn, incomingFolder, keysIn, pruneFolders, removeAbandoned } from './folder.js';
import { checkKey, checkPrefix, checkRemovable } from '../store-key.js';
import { probeStore } from '../store-probe.js';
import type { Pieces, Store } from '../store.js';
import { joinUrl } from '../store-url.js';

/**
 * Opens a store in a directory, which is created at the first write. A blob is written to a temporary file and then
 * renamed into place (`put`) or hard-linked (`putIfAbsent`, because a link fails if the name exists). Removing a blob
 * also removes folders that become empty.
 */
export function openFileStore(directory: string): Store {
  const url = `file:${directory}`;

  /** Runs `use` with the path of a key. Anything it throws becomes a TandemError that names the blob and what to do. */
  async function at<Result>(key: string, action: FileAction, use: (path: string) => Promise<Result>): Promise<Result> {
    checkKey(key);
    try {
      return await use(join(directory, key));
    } catch (error) {
      throw fileError(error, action, joinUrl(url, key));
    }
  }

  const store: Store = {
    url,

    put: (key, bytes, options) =>
      at(key, 'write', (path) => writeBlob(directory, path, singlePiece(bytes), options?.durable ?? false, rename)),

    putPieces: (key, pieces) => at(key, 'write', (path) => writeBlob(directory, path, pieces, false, rename)),

    putIfAbsent: (key, bytes, options) =>
      at(key, 'write', async (path) => {
        try {
          await writeBlob(directory, path, singlePiece(bytes), options?.durable ?? false, link);
          return true;
        } catch (error) {
          // If a folder has that name, no other writer came first: the key itself is impossible, because it is a prefix
          // of other keys.
          const isFolder = isNameTaken(error) && (await stat(path).catch(ignoreMissing))?.isDirectory();
          if (!isNameTaken(error) || isFolder) throw error;
          return false;
        }
      }),

    get: (key) => at(key, 'read', (path) => readBlob(path, (size) => ({ offset: 0, length: size }))),

    async *getPieces(key) {
      checkKey(key);
      try {
        yield* readPieces(join(directory, key));
      } catch (error) {
        throw fileError(error, 'read', joinUrl(url, key));
      }
    },

    getRange: (key, offset, length) =>
      at(key, 'read', (path) =>
        readBlob(path, (size) => ({ offset, length: Math.max(0, Math.min(length, size - offset)) })),
      ),

    size: (key) =>
      at(key, 'read', async (path) => {
        const found = await stat(path).catch(ignoreMissing);
        return found?.isFile() ? found.size : undefined;
      }),

    async *list(prefix) {
      checkPrefix(prefix);
      const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
      try {
        yield* keysIn(directory, folder, prefix);
      } catch (error) {
        throw fileError(error, 'list', joinUrl(url, folder));
      }
    },

    async *folders(prefix) {
      checkPrefix(prefix);
      try {
        yield* foldersIn(directory, prefix);
      } catch (error) {
        throw fileError(error, 'list', joinUrl(url, prefix));
      }
    },

    remove: (key) =>
      at(key, 'remove', async (path) => {
        await unlink(path).catch(ignoreMissing);
        await pruneFolders(dirname(path), directory);
      }),

    async removeAll(prefix) {
      checkRemovable(prefix);
      const folders = new Set<string>();
      for await (const key of store.list(prefix)) {
        await at(key, 'remove', (path) => unlink(path).catch(ignoreMissing));
        folders.add(dirname(join(directory, key)));
      }
      for (const folder of folders) await pruneFolders(folder, directory);
    },

    async probe() {
      await probeStore(store, randomUUID());
      await removeAbandoned(join(directory, incomingFolder)).catch((error: unknown) => {
        throw fileError(error, 'remove', url);
      });
    },

    async close() {
      // Folders that people look into keep nothing of ours but blobs. Another writer makes it again.
      await rmdir(join(directory, incomingFolder)).catch(() => undefined);
    },
  };
  return store;
}

function singlePiece(bytes: Uint8Array): Pieces {
  return async function* () {
    yield bytes;
  };
}
