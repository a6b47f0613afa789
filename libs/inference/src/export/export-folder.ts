import { copyFile, link, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolders } from '#protocol/make-folders.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** For each path in the folder, a function that makes its bytes, or the path of the file it is a second name for. */
export type FolderFiles = Readonly<Record<string, (() => Uint8Array) | { readonly same: string }>>;

export interface WrittenFile {
  readonly path: string;
  readonly bytes: number;
  /** The file that this is a second name for. */
  readonly same?: string;
}

/**
 * Write files to a folder. Each is written beside the folder first and then moved there, so that no one ever sees half
 * a file. Throws CONFLICT where the folder is not empty, unless `replace` is set: then files of the same names are
 * replaced and all others are left alone.
 */
export async function writeFolder(
  folder: string,
  files: FolderFiles,
  { replace }: { readonly replace: boolean },
): Promise<WrittenFile[]> {
  const target = resolve(folder);
  if (!replace) await checkEmpty(target);
  await makeFolders(dirname(target));
  const beside = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    const written: WrittenFile[] = [];
    for (const [path, content] of Object.entries(files)) {
      await makeFolders(dirname(join(beside, path)));
      if (typeof content === 'function') await writeFile(join(beside, path), content(), { flush: true });
      else await sameFile(join(beside, content.same), join(beside, path));
      written.push({
        path,
        bytes: (await stat(join(beside, path))).size,
        ...(typeof content !== 'function' && { same: content.same }),
      });
    }
    for (const { path } of written) {
      await makeFolders(dirname(join(target, path)));
      await rename(join(beside, path), join(target, path));
    }
    return written;
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

/** A hard link to a file, or a copy where the file system has no hard links. */
async function sameFile(from: string, to: string): Promise<void> {
  await link(from, to).catch(() => copyFile(from, to));
}

async function checkEmpty(target: string): Promise<void> {
  const inside = await readdir(target).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'ENOENT') return [];
    throw refused(target, thrown.code === 'ENOTDIR' ? 'a file' : thrown.message, thrown);
  });
  if (inside.length > 0)
    throw refused(target, `${inside.slice(0, 3).join(', ')}${inside.length > 3 ? ' and more' : ''} in it`);
}

function refused(target: string, found: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message: `Expected a new or empty folder at ${target}, found ${found}.`,
    help: 'Name another folder, or add --force: it replaces files of the same names and leaves all others.',
    cause,
  });
}
