import { randomUUID } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { FileHandle, link, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { incoming, inFolder, syncFolders } from './folder.js';
import type { Pieces } from '../store.js';
import { openRegularFile } from './regular-file.js';

/** Linux moves at most 2 GiB a call. */
const transferBytesMax = 2 ** 30;
const pieceBytes = 4 * 1024 * 1024;

/**
 * Write the blob at `path` of the store at `directory`: beside, at the root so that it stays on one file system, then
 * into place. On disk when the promise resolves, if `durable`. Throws what node:fs throws.
 */
export async function writeBlob(
  directory: string,
  path: string,
  pieces: Pieces,
  durable: boolean,
  place: typeof link | typeof rename,
): Promise<void> {
  const temporary = join(directory, incoming, randomUUID());
  try {
    await inFolder(directory, temporary, () => writeFile(temporary, pieces, durable));
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
export async function readBlob(
  path: string,
  extent: (size: number) => { offset: number; length: number },
): Promise<Uint8Array> {
  const file = await openRegularFile(path);
  try {
    const { offset, length } = extent((await file.stat()).size);
    const bytes = Buffer.allocUnsafeSlow(length);
    return new Uint8Array(bytes.buffer, 0, await fill(bytes, file, offset));
  } finally {
    await file.close();
  }
}

/** The pieces of the blob at `path`: one is read while the one before is in use, into memory that is used in turn. */
export async function* piecesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await openRegularFile(path);
  const buffers = [0, 1].map(() => Buffer.allocUnsafeSlow(pieceBytes)) as [Buffer, Buffer];
  const read = async (index: number): Promise<Uint8Array> => {
    const buffer = buffers[index % 2]!;
    return buffer.subarray(0, await fill(buffer, file, index * pieceBytes));
  };
  let ahead = read(0);
  try {
    for (let index = 0; ; index++) {
      const piece = await ahead;
      const isLast = piece.byteLength < pieceBytes;
      if (!isLast) ahead = read(index + 1);
      if (piece.byteLength > 0) yield piece;
      if (isLast) return;
    }
  } finally {
    await ahead.catch(() => undefined);
    await file.close();
  }
}

async function writeFile(path: string, pieces: Pieces, durable: boolean): Promise<void> {
  const file = await open(path, 'wx');
  try {
    let position = 0;
    for await (const piece of pieces()) {
      for (let done = 0; done < piece.byteLength;) {
        const { bytesWritten } = await file.write(
          piece,
          done,
          Math.min(piece.byteLength - done, transferBytesMax),
          position + done,
        );
        done += bytesWritten;
      }
      position += piece.byteLength;
    }
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

/** Read from `offset` on until `bytes` is full or the file ends; how many there were. */
async function fill(bytes: Uint8Array, file: FileHandle, offset: number): Promise<number> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesRead } = await file.read(
      bytes,
      done,
      Math.min(bytes.byteLength - done, transferBytesMax),
      offset + done,
    );
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}
