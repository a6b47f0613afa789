import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { openRegularFile } from '#store/file/regular-file.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** A tar on disk, which gzip may have packed. */
export interface TarFile {
  readonly path: string;
  /** Its bytes, unpacked. To be read once. */
  stream(): Readable;
  /** How much of the file `stream` has read, as a share of 1. */
  readonly reached: number;
  /** Reads a part of the unpacked tar. The first part of a packed one unpacks it into the system's temporary folder. */
  part(offset: number, bytes: number): Promise<Buffer>;
  close(): Promise<void>;
}

/** Kinds of archives by their first bytes, in latin-1. */
const otherKinds: readonly [name: string, start: RegExp][] = [
  ['bzip2', /^BZh[1-9]/],
  ['xz', /^\xfd7zXZ\0/],
  ['zstd', /^\x28\xb5\x2f\xfd/],
  ['zip', /^PK\x03\x04/],
];

/** Opens a tar. Throws DATA_INVALID if it cannot be opened, or is of another kind by its first bytes. */
export async function openTarFile(path: string): Promise<TarFile> {
  const file = await openRegularFile(path).catch((cause: unknown) => {
    throw damagedTar(path, cause);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(startBytes), 0, startBytes, 0);
    const start = buffer.toString('latin1', 0, bytesRead);
    const other = otherKinds.find(([, pattern]) => pattern.test(start));
    if (other) throw otherKind(path, other[0]);
    return tarFile(path, file, { isPacked: /^\x1f\x8b/.test(start), size: (await file.stat()).size });
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

const startBytes = 8;

function tarFile(
  path: string,
  file: FileHandle,
  { isPacked, size }: { readonly isPacked: boolean; readonly size: number },
): TarFile {
  let read: { readonly bytesRead: number } | undefined;
  // Not `file`, which the stream closes.
  let parts: Promise<PartFile> | undefined;
  return {
    path,
    stream() {
      const stream = file.createReadStream({ start: 0, autoClose: false });
      read = stream;
      if (!isPacked) return stream;
      const gunzip = createGunzip();
      stream.on('error', (cause) => gunzip.destroy(cause));
      gunzip.on('close', () => stream.destroy());
      return stream.pipe(gunzip);
    },
    get reached() {
      return (read?.bytesRead ?? 0) / Math.max(1, size);
    },
    async part(offset, bytes) {
      parts ??= isPacked ? unpack(path) : openRegularFile(path).then((one) => ({ file: one }));
      return partOf((await parts).file, { path, offset, bytes });
    },
    async close() {
      await file.close();
      const opened = await parts?.catch(() => undefined);
      await opened?.file.close();
      if (opened?.folder !== undefined) await rm(opened.folder, { recursive: true, force: true });
    },
  };
}

/** A tar that is open for reading parts, and the folder to remove afterwards if it was unpacked for that. */
interface PartFile {
  readonly file: FileHandle;
  readonly folder?: string;
}

async function unpack(path: string): Promise<PartFile> {
  const packed = await openRegularFile(path);
  const folder = await mkdtemp(join(tmpdir(), 'tandem-tar-'));
  try {
    const target = join(folder, 'unpacked.tar');
    await pipeline(packed.createReadStream(), createGunzip(), createWriteStream(target));
    return { folder, file: await openRegularFile(target) };
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

interface Part {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
}

async function partOf(file: FileHandle, { path, offset, bytes }: Part): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await file.read(content, done, bytes - done, offset + done);
    if (bytesRead === 0) throw damagedTar(path, new Error('Unexpected end of data'));
    done += bytesRead;
  }
  return content;
}

function otherKind(path: string, kind: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a tar at ${path}, plain or packed by gzip: it is packed by ${kind}.`,
    help: 'Unpack it, and prepare the tar or the folder that comes out.',
  });
}

/** The refusal of a tar that cannot be read to its end. */
export function damagedTar(path: string, cause: unknown): TandemError {
  if (cause instanceof TandemError) return cause;
  const what = cause instanceof Error ? cause.message : String(cause);
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a whole tar file at ${path}: ${withoutEnd(what)}.`,
    help: 'Fetch the file again, leave it out, or take what can be read of it with --pass-over-damaged.',
    cause,
  });
}

/** tar-stream ends some of its sentences. */
function withoutEnd(sentence: string): string {
  return sentence.replace(/[.?]+$/, '');
}
