import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Make a folder and those above it that are missing; the first that was made, if one was. Throws what node:fs throws.
 * Node's own recursive mkdir never ends, and keeps a thread busy, where the file system says ENOENT of a folder to be
 * made in one that is there, as /proc does.
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
      // Another was faster; or a file has the name, as whoever uses the folder will find.
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
