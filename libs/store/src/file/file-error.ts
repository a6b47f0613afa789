import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { notRegularCode } from './regular-file.js';

export type FileAction = 'write' | 'read' | 'list' | 'remove';

/**
 * Turns an error of node:fs into a TandemError that names the URL of the file and what to do. Reading a file that does
 * not exist is NOT_FOUND, anything else STORE_FAILED.
 */
export function fileError(thrown: unknown, action: FileAction, url: string): TandemError {
  if (thrown instanceof TandemError) return thrown;
  const code = errnoOf(thrown) ?? '';
  if (action === 'read' && absentCodes.has(code)) {
    return new TandemError({
      code: ErrorCode.NotFound,
      message: `There is no ${url}.`,
      context: { url },
      cause: thrown,
    });
  }
  return new TandemError({
    code: ErrorCode.StoreFailed,
    message: `Cannot ${action} ${url}: ${thrown instanceof Error ? thrown.message : String(thrown)}.`,
    help:
      (isLink(thrown) ? linkCures[code] : undefined) ?? cures[code] ?? 'Check the disk and the mount, then try again.',
    retryable: passing.has(code),
    context: { url },
    cause: thrown,
  });
}

/** What may be over in a moment: somebody closes a file or makes room. */
const passing: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'EBUSY', 'ESTALE', 'ENOSPC', 'EDQUOT']);

/** The code of an error of node:fs, such as `ENOENT`. */
export function errnoOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** For `.catch`: resolves to undefined if the file does not exist, and rethrows any other error. */
export function ignoreMissing(error: unknown): undefined {
  if (!absentCodes.has(errnoOf(error) ?? '')) throw error;
}

/** Whether creating a hard link failed because its name already exists. */
export function isNameTaken(error: unknown): boolean {
  return isLink(error) && errnoOf(error) === 'EEXIST';
}

function isLink(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown && thrown.syscall === 'link';
}

const absentCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR']);

const noLinks =
  'This file system has no hard links, which the store needs to let one of several writers win: ' +
  'name a directory on another disk.';
const linkCures: Readonly<Record<string, string>> = {
  EPERM: noLinks,
  ENOTSUP: noLinks,
  EOPNOTSUPP: noLinks,
  ENOSYS: noLinks,
};

const notPermitted =
  'Give the user that runs Tandem read and write permission to this directory, or name another store.';
const inTheWay = 'A file stands where a directory is needed or the other way round: move it, or name another store.';
const cures: Readonly<Record<string, string>> = {
  EACCES: notPermitted,
  EPERM: notPermitted,
  EROFS: 'The file system is mounted read-only: mount it for writing, or name another store.',
  ENOENT: 'No folder can be made there: name a directory on a disk.',
  ENOSPC: 'The disk is full: free some space, keep fewer checkpoints, or name a store on a larger disk.',
  EDQUOT: 'The disk quota is used up: raise it, or name a store on another disk.',
  EMFILE: 'The process has too many open files: raise the limit (ulimit -n).',
  ENFILE: 'The machine has too many open files: raise the limit (fs.file-max).',
  ENOTDIR: inTheWay,
  EISDIR: inTheWay,
  [notRegularCode]: 'Blobs are regular files: move what stands there, or name another store.',
  EEXIST: inTheWay,
  ENOTEMPTY: inTheWay,
  ENAMETOOLONG: 'Use a store whose path is shorter.',
};
