import { randomUUID } from 'node:crypto';
import { open, readdir, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { makeFolders } from '#protocol/make-folders.js';
import { ignoreMissing, errnoOf } from './file-error.js';
import { isKey } from '../store-key.js';

/** Folder of files that are still being written. Keys cannot contain `~`, so it never clashes with one. */
export const incomingFolder = '~incoming';

/**
 * Another process may remove a folder as empty between our creating it and our using it. That this happens so many
 * times in a row is not a race but some other fault.
 */
const folderAttemptsMax = 16;
/** A temporary file this much older than a new one belongs to a writer that was killed. */
const abandonedMs = 60 * 60 * 1000;

/**
 * Yields the keys below `folder` that start with `prefix`, in byte order. `directory` is the root of the store;
 * `folder` is empty or ends with a slash.
 */
export async function* keysIn(directory: string, folder: string, prefix: string): AsyncIterable<string> {
  for (const name of await namesIn(join(directory, folder))) {
    const key = folder + name;
    const isFolder = name.endsWith('/');
    if (!isKey(isFolder ? key.slice(0, -1) : key)) continue;
    if (isFolder && (key.startsWith(prefix) || prefix.startsWith(key))) yield* keysIn(directory, key, prefix);
    else if (!isFolder && key.startsWith(prefix)) yield key;
  }
}

/** Yields the names of the folders directly in `folder`. */
export async function* foldersIn(directory: string, folder: string): AsyncIterable<string> {
  for (const entry of await namesIn(join(directory, folder))) {
    const name = entry.slice(0, -1);
    if (entry.endsWith('/') && isKey(folder + name)) yield name;
  }
}

/** The names of files, and of folders with a slash, in the order of their keys. */
async function namesIn(path: string): Promise<string[]> {
  const entries = (await readdir(path, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
  const names = await Promise.all(
    entries.map(async (entry) => {
      const followed = entry.isSymbolicLink() ? await stat(join(path, entry.name)).catch(ignoreMissing) : entry;
      // With its slash a folder sorts among its siblings as its keys do: a-b, a.b, a/b, a0.
      return followed?.isDirectory() ? `${entry.name}/` : followed?.isFile() ? entry.name : '';
    }),
  );
  return names.sort();
}

/**
 * Runs `use`, which needs the folder of `path` in the store at `directory`. If the folder is missing, creates it and
 * runs `use` again.
 */
export async function inFolder(directory: string, path: string, use: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await use();
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT' || attempt === folderAttemptsMax) throw error;
      const first = await madeOnce(dirname(path));
      if (first !== undefined && directory.startsWith(first)) await syncFolders(dirname(directory), dirname(first));
    }
  }
}

/** The folders that are being made: of several writers that miss one, a single one makes it. */
const making = new Map<string, Promise<string | undefined>>();

function madeOnce(folder: string): Promise<string | undefined> {
  const begun = making.get(folder);
  if (begun) return begun.then(() => undefined); // What is new was somebody else's to make.
  const made = makeFolders(folder)
    .catch(ignoreMissing)
    .finally(() => making.delete(folder));
  making.set(folder, made);
  return made;
}

/**
 * Syncs the folder `from`, and those above it, up to and including `last`, as far as they may list a folder below them
 * that is not on disk. A new file survives a power cut only once the folder that lists it is on disk, and so on up.
 */
export async function syncFolders(from: string, last: string): Promise<void> {
  const lasting: [string, string][] = [];
  const nameOf = (folder: string): string => `${last} ${folder}`;
  for (let folder = from; ; folder = dirname(folder)) {
    const identity = await identityOf(folder); // Before it is synced: another may take its place meanwhile.
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
    lasting.push([folder, identity]);
    if (folder === last || listed.get(nameOf(folder)) === identity) break;
  }
  // Only now: the entry of a folder is on disk once the one above it is.
  for (const [folder, identity] of lasting) if (folder !== last) listed.set(nameOf(folder), identity);
}

/** The folders that are on disk up to another one, and which folder each of them was. */
const listed = new LRUCache<string, string>({ max: 1000 });

/** A folder that is removed and made again is another one, even if it gets the number of the first. */
async function identityOf(folder: string): Promise<string> {
  const { dev, ino, birthtimeNs } = await stat(folder, { bigint: true });
  return `${dev} ${ino} ${birthtimeNs}`;
}

/** Removes `from` and the folders above it while they are empty, staying below `directory`. */
export async function pruneFolders(from: string, directory: string): Promise<void> {
  for (let folder = from; folder.length > directory.length; folder = dirname(folder)) {
    // Either the folder is not empty, or another process removed it first. In both cases there is nothing left to do.
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
 * Removes temporary files of writers that were killed. Ages are measured by the file system's own clock, by comparing
 * with a file created just now.
 */
export async function removeAbandoned(folder: string): Promise<void> {
  const mark = join(folder, randomUUID());
  await inFolder(dirname(folder), mark, () => writeFile(mark, '', { flag: 'wx' }));
  const { mtimeMs: nowMs } = await stat(mark);
  await unlink(mark);
  for (const name of await readdir(folder)) {
    const found = await stat(join(folder, name)).catch(ignoreMissing);
    if (found && nowMs - found.mtimeMs > abandonedMs) await rm(join(folder, name), { force: true });
  }
}
