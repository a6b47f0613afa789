import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Removes the least recently used files of a folder, by their times, until the rest has at most so many bytes. A file
 * that a dead process left unfinished is one of them. Called with each file that goes.
 */
export async function removeOldest(folder: string, bytesMax: number, onEvent: (event: string) => void): Promise<void> {
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
