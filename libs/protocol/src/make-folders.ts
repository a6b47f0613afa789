import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates a folder and any missing folders above it. Returns the topmost one it created, or undefined if all existed.
 * Throws what node:fs throws. Node's own recursive mkdir is not used because it loops forever where the file system
 * reports ENOENT inside an existing folder, as /proc does.
 */
export async function makeFolders(
  folder: string,
  options: { readonly mode?: number } = {},
): Promise<string | undefined> {
  const missing: string[] = [];
  for (let path = folder; !(await isThere(path)); path = dirname(path)) missing.unshift(path);
  let first: string | undefined;
  for (const path of missing) {
    try {
      await mkdir(path, options);
      first ??= path;
    } catch (error) {
      // Either someone else created it first, or a file has that name. In the latter case the next use of the folder
      // will report it.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return first;
}

async function isThere(path: string): Promise<boolean> {
  return (
    dirname(path) === path ||
    stat(path).then(
      () => true,
      () => false,
    )
  );
}
