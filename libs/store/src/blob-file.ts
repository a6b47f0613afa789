import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { FileHandle, link, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { incoming, inFolder, syncFolders } from './folder.js';

/** Linux moves at most 2 GiB a call. */
const maxTransferBytes = 2 ** 30;

/**
 * Write the blob at `path` of the store at `directory`: beside, at the root so that it stays on one file system, then
 * into place. On disk when the promise resolves, if `durable`. Throws what node:fs throws.
 */
export async function writeBlob(directory: string, path: string, bytes: Uint8Array, durable: boolean, place: typeof link | typeof rename): Promise<void> {
  const temporary = join(directory, incoming, randomUUID());
  try {
    await inFolder(directory, temporary, () => writeFile(temporary, bytes, durable));
    await inFolder(directory, path, () => place(temporary, path));
    // Every folder from the blob to the root must list the next on disk, whoever made them.
    if (durable) await syncFolders(dirname(path), directory);
  } finally {
    // Left by a link, or by a failure.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}

/**
 * The bytes of a blob that `extent` names, given its size, in a buffer of their own: a view into it is aligned and its
 * memory can be handed to another thread. Never zeroed first: the kernel's copy is the only touch.
 */
export async function readBlob(path: string, extent: (size: number) => { offset: number; length: number }): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw Object.assign(new Error('EISDIR: not a file'), { code: 'EISDIR' });
    const { offset, length } = extent(stats.size);
    return await readFrom(file, offset, length);
  } finally {
    await file.close();
  }
}

async function writeFile(path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (let done = 0; done < bytes.byteLength; ) {
      const { bytesWritten } = await file.write(bytes, done, Math.min(bytes.byteLength - done, maxTransferBytes), done);
      done += bytesWritten;
    }
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

async function readFrom(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, maxTransferBytes), offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return new Uint8Array(bytes.buffer, 0, done);
}
