import { randomUUID } from 'node:crypto';
import { open, readdir, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolders } from '#protocol/make-folders.js';
import { ignoreMissing, errnoOf } from './file-error.js';
import { isKey } from '../store-key.js';

/** Where files are while they are written. `~` keeps the name out of the keys. */
export const incoming = '~incoming';

/**
 * A folder can be pruned by a remover between our making it and our using it; that it happens this often is no race.
 */
const folderAttemptsMax = 16;
/** A file this much older than a new one belongs to a writer that was killed. */
const abandonedMs = 60 * 60 * 1000;

/**
 * Keys below `folder` of the store at `directory` (empty, or ending in a slash) that start with `prefix`, in byte
 * order.
 */
export async function* keysIn(directory: string, folder: string, prefix: string): AsyncIterable<string> {
  const entries = (await readdir(join(directory, folder), { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const names = await Promise.all(
    entries.map(async (entry) => {
      const followed = entry.isSymbolicLink()
        ? await stat(join(directory, folder, entry.name)).catch(ignoreMissing)
        : entry;
      // With its slash a folder sorts as its keys do: a-b, a.b, a/b, a0.
      return followed?.isDirectory() ? `${entry.name}/` : followed?.isFile() ? entry.name : '';
    }),
  );
  for (const name of names.sort()) {
    const key = folder + name;
    const isFolder = name.endsWith('/');
    if (!isKey(isFolder ? key.slice(0, -1) : key)) continue;
    if (isFolder && (key.startsWith(prefix) || prefix.startsWith(key))) yield* keysIn(directory, key, prefix);
    else if (!isFolder && key.startsWith(prefix)) yield key;
  }
}

/** Do `use`, which needs the folder of `path` in the store at `directory`; where that is missing, make it first. */
export async function inFolder(directory: string, path: string, use: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await use();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || attempt === folderAttemptsMax) throw error;
      const first = await makeFolders(dirname(path)).catch(ignoreMissing);
      if (first !== undefined && directory.startsWith(first)) await syncFolders(dirname(directory), dirname(first));
    }
  }
}

/** Sync `from` and the folders above it, up to and with `last`: a file is on disk once the folder that lists it is. */
export async function syncFolders(from: string, last: string): Promise<void> {
  for (let folder = from; ; folder = dirname(folder)) {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
    if (folder === last) return;
  }
}

/** Remove `from` and the folders above it that are empty, below `directory`. */
export async function pruneFolders(from: string, directory: string): Promise<void> {
  for (let folder = from; folder.length > directory.length; folder = dirname(folder)) {
    // Not empty, or a writer or another remover was here first: either way the folder is not ours to remove.
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}

/**
 * Remove files that no writer is at work on any more, by the file system's own clock: against a file just made there.
 */
export async function removeAbandoned(folder: string): Promise<void> {
  const mark = join(folder, randomUUID());
  await writeFile(mark, '', { flag: 'wx' });
  const { mtimeMs: nowMs } = await stat(mark);
  await unlink(mark);
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(ignoreMissing);
    if (found && nowMs - found.mtimeMs > abandonedMs) await rm(join(folder, name), { force: true });
  }
}
