import { randomUUID } from 'node:crypto';
import { open, rename, rm, type FileHandle, type link } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { incomingFolder, inFolder, syncFolders } from './folder.js';
import type { Pieces } from '../store.js';
import { openSizedFile } from './regular-file.js';

/** Linux transfers at most 2 GiB per call. */
const transferBytesMax = 2 ** 30;
const pieceBytes = 4 * 1024 * 1024;

/**
 * Writes the blob at `path` of the store in `directory`: first to a temporary file, then moved into place by `place`.
 * The temporary file is under the same root, so both are on one file system. If `durable`, the blob is on disk when the
 * promise resolves. Throws what node:fs throws.
 */
export async function writeBlob(
  directory: string,
  path: string,
  pieces: Pieces,
  durable: boolean,
  place: typeof link | typeof rename,
): Promise<void> {
  const temporary = join(directory, incomingFolder, randomUUID());
  const discard = (): Promise<void> => rm(temporary, { force: true }).catch(() => undefined);
  try {
    await inFolder(directory, temporary, () => writeFile(temporary, pieces, durable));
    await inFolder(directory, path, () => place(temporary, path));
    // Every folder from the blob up to the root must be synced, whoever created it: a file survives a power cut only if
    // its folder's entry does.
    if (durable) await syncFolders(dirname(path), directory);
    if (place === rename) return;
  } catch (error) {
    await discard();
    throw error;
  }
  await discard(); // A link leaves the temporary file behind.
}

/**
 * Reads the part of a blob that `extent` selects, given the size of the blob. The bytes are in a buffer of their own,
 * so a typed view of them is aligned and the buffer can be transferred to another thread. The buffer is not zeroed
 * first; the kernel's copy is the only pass over it.
 */
export async function readBlob(
  path: string,
  extent: (size: number) => { offset: number; length: number },
): Promise<Uint8Array> {
  const { file, size } = await openSizedFile(path);
  try {
    const { offset, length } = extent(size);
    const bytes = Buffer.allocUnsafeSlow(length);
    return new Uint8Array(bytes.buffer, 0, await fill(bytes, file, offset));
  } finally {
    await file.close();
  }
}

/**
 * Yields the blob at `path` in pieces. The next piece is read while the caller uses the current one. Two buffers are
 * used in turn, so a piece is overwritten once the next is requested, and by another reader once this one has ended. A
 * small blob gets a single one that is not much larger than it.
 */
export async function* readPieces(path: string): AsyncGenerator<Uint8Array> {
  const { file, size } = await openSizedFile(path);
  const buffers: Buffer[] = [];
  let ahead: Promise<Uint8Array> = Promise.resolve(new Uint8Array());
  try {
    // At least one more than a small blob has, which shows that it ends; of few sizes, so that others can use it again.
    const bufferBytes = Math.min(pieceBytes, 2 ** Math.ceil(Math.log2(size + 1)));
    const read = async (index: number): Promise<Uint8Array> => {
      const buffer = (buffers[index % 2] ??= takenBuffer(bufferBytes));
      return buffer.subarray(0, await fill(buffer, file, index * bufferBytes));
    };
    ahead = read(0);
    for (let index = 0; ; index++) {
      const piece = await ahead;
      const isLast = piece.byteLength < bufferBytes;
      if (!isLast) ahead = read(index + 1);
      if (piece.byteLength > 0) yield piece;
      if (isLast) return;
    }
  } finally {
    await ahead.catch(() => undefined);
    freeBuffers.push(...buffers);
    freeBuffers.splice(0, freeBuffers.length - freeBuffersMax);
    await file.close();
  }
}

/** Buffers are used again, the newest first: V8 collects garbage after so many bytes of new ones. */
const freeBuffers: Buffer[] = [];
const freeBuffersMax = 4;

function takenBuffer(bytes: number): Buffer {
  const at = freeBuffers.findLastIndex(({ byteLength }) => byteLength === bytes);
  return at < 0 ? Buffer.allocUnsafeSlow(bytes) : freeBuffers.splice(at, 1)[0]!;
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

/** Reads from `offset` until `bytes` is full or the file ends. Returns how many bytes were read. */
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
