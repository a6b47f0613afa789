import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** Linux moves at most 2 GiB a call. */
const maxTransferBytes = 2 ** 30;

/** Write a file that must not be there yet, on disk when the promise resolves if `durable`. */
export async function writeFile(path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
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

/** Open a file or folder for reading and close it after `use`. */
export async function withFile<Result>(path: string, use: (file: FileHandle) => Promise<Result>): Promise<Result> {
  const file = await open(path, 'r');
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/**
 * Bytes [offset, offset + length), fewer if the file ends before, in a buffer of their own: a view into it is aligned and
 * its memory can be handed to another thread. Never zeroed first: the kernel's copy is the only touch.
 */
export async function readFrom(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, maxTransferBytes), offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return new Uint8Array(bytes.buffer, 0, done);
}
