import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file below a folder, or a place there that is no file and why. */
export interface FolderFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly problem?: string;
}

/**
 * The files below a folder in ascending order of their paths. Symbolic links to files and folders are followed; one
 * that leads nowhere, or back to a folder that it is in, is a problem.
 */
export async function folderFiles(folder: string): Promise<FolderFile[]> {
  const found: FolderFile[] = [];
  await collect(folder, '', [await realpath(folder)], found);
  return found.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** `inside`: the real paths of the folders that this one is in, and its own. */
async function collect(root: string, below: string, inside: readonly string[], found: FolderFile[]): Promise<void> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    const kind = await kindOf(entry, join(root, path));
    if (kind === 'file') found.push({ path });
    else if (kind !== 'folder') found.push({ path, problem: kind.problem });
    else {
      const real = entry.isSymbolicLink() ? await realpath(join(root, path)) : join(inside.at(-1)!, entry.name);
      if (inside.includes(real)) found.push({ path, problem: 'The link leads back to a folder that it is in.' });
      else await collect(root, path, [...inside, real], found).catch((thrown: unknown) => refuse(thrown, path, found));
    }
  }
}

/** Files that macOS writes beside every other where the disk has no place for its attributes. */
export function isOfMacOs(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.startsWith('._') || name === '.DS_Store' || /(?:^|\/)__MACOSX\//.test(path);
}

async function kindOf(entry: Dirent, path: string): Promise<'file' | 'folder' | { readonly problem: string }> {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (!entry.isSymbolicLink()) return { problem: 'It is a named pipe, a socket or a device, not a file.' };
  const target = await stat(path).catch((thrown: NodeJS.ErrnoException) => thrown);
  if (target instanceof Error)
    return {
      problem:
        target.code === 'ELOOP' ? 'The links lead round in a circle.' : `The link leads nowhere: ${target.code}.`,
    };
  if (target.isFile()) return 'file';
  return target.isDirectory() ? 'folder' : { problem: 'The link leads to a pipe, a socket or a device, not a file.' };
}

/** A folder that may not be read costs its own files only. */
function refuse(thrown: unknown, path: string, found: FolderFile[]): void {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOENT' && code !== 'ENAMETOOLONG') throw thrown;
  found.push({ path, problem: `The folder cannot be read: ${code}.` });
}
