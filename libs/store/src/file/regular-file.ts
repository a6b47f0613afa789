import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { bytesText } from '#protocol/input/shown.js';

// Without O_NONBLOCK opening a named pipe waits for its writer; without O_NOCTTY opening a terminal can make it the
// process's own. (Windows has neither.)
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** Of errors of files that are there and are no regular file; a folder's is EISDIR, as everywhere. */
export const notRegularCode = 'ENOTREGULAR';

/**
 * Open a file for reading. Throws what node:fs throws, and at once where the path names a folder, named pipe, socket or
 * device.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const file = await open(path, flags);
  try {
    refuseOther(await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The bytes of a file of at most `bytesMax`. Throws what `openRegularFile` throws, and an Error that says both sizes
 * where the file is larger: then no more than the limit is read.
 */
export async function readRegularFile(path: string, bytesMax: number): Promise<Uint8Array> {
  const file = await openRegularFile(path);
  try {
    const buffer = bufferFor((await file.stat()).size, bytesMax);
    let done = 0;
    while (done < buffer.byteLength) {
      const { bytesRead } = await file.read(buffer, done, buffer.byteLength - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return within(buffer.subarray(0, done), bytesMax);
  } finally {
    await file.close();
  }
}

/** `readRegularFile`, at once: for the few small documents that a command begins with. */
export function readRegularFileSync(path: string, bytesMax: number): Uint8Array {
  const file = openSync(path, flags);
  try {
    const stats = fstatSync(file);
    refuseOther(stats);
    const buffer = bufferFor(stats.size, bytesMax);
    let done = 0;
    while (done < buffer.byteLength) {
      const bytesRead = readSync(file, buffer, done, buffer.byteLength - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return within(buffer.subarray(0, done), bytesMax);
  } finally {
    closeSync(file);
  }
}

function refuseOther(stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw Object.assign(new Error('EISDIR: it is a folder, not a file'), { code: 'EISDIR' });
  const what = stats.isFIFO() ? 'a named pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw Object.assign(new Error(`it is ${what}, not a file`), { code: notRegularCode });
}

/**
 * One byte more than the file is said to have: a file that has grown, or says nothing of its size as those of /proc, is
 * read to the limit and no further.
 */
function bufferFor(size: number, bytesMax: number): Buffer {
  if (size > bytesMax) throw tooLarge(bytesText(size), bytesMax);
  return Buffer.allocUnsafeSlow(size === 0 ? bytesMax + 1 : size + 1);
}

function within(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.byteLength > bytesMax) throw tooLarge('more', bytesMax);
  return bytes;
}

function tooLarge(got: string, bytesMax: number): Error {
  return Object.assign(new Error(`it has ${got}, read are at most ${bytesText(bytesMax)}`), { code: 'EFBIG' });
}
