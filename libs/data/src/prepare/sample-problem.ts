import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { notRegularCode } from '#store/file/regular-file.js';

/**
 * Why a file cannot be used, by the code of node:fs. A row of a table may contain anything as its path, a caption too:
 * a name that is too long, a way through a file, a null byte.
 */
const unreadableCodes: Readonly<Record<string, string>> = {
  ENOENT: 'ENOENT, there is no such file',
  EISDIR: 'EISDIR, it is a folder',
  EACCES: 'EACCES, it may not be read',
  EPERM: 'EPERM, it may not be read',
  ENOTDIR: 'ENOTDIR, its path leads through a file',
  ENAMETOOLONG: 'ENAMETOOLONG, its path is too long',
  ELOOP: 'ELOOP, links lead round in a circle',
  ENXIO: 'ENXIO, it is no file',
  ENODEV: 'ENODEV, it is no file',
  EINVAL: 'EINVAL, its path cannot be one',
  EILSEQ: 'EILSEQ, its path cannot be one',
  ERR_INVALID_ARG_VALUE: 'its path cannot be one',
  ESTALE: 'ESTALE, it is gone',
};

/** Why a sample or a file of it cannot be used. Errors that are not its own fault are rethrown. */
export function sampleProblem(thrown: unknown): string {
  if (thrown instanceof TandemError && thrown.code === ErrorCode.DataInvalid) return thrown.message;
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === notRegularCode || code === 'EFBIG') return `The file cannot be read: ${(thrown as Error).message}.`;
  const known = code === undefined ? undefined : unreadableCodes[code];
  if (known !== undefined) return `The file cannot be read: ${known}.`;
  throw thrown;
}
