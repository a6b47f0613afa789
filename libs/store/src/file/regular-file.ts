import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { bytesText } from '#protocol/input/shown.js';

// Without O_NONBLOCK, opening a named pipe waits for a writer. Without O_NOCTTY, opening a terminal may make it the
// controlling terminal of this process. (Windows has neither flag.)
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** Error code for paths that exist but are not regular files. For a folder the code is EISDIR, as in node:fs. */
export const notRegularCode = 'ENOTREGULAR';

/**
 * Opens a file for reading. Throws what node:fs throws. If the path names a folder, named pipe, socket or device, it
 * throws at once rather than waiting.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  return (await openSizedFile(path)).file;
}

/** The same, with the size that the file has then. */
export async function openSizedFile(path: string): Promise<{ readonly file: FileHandle; readonly size: number }> {
  const file = await open(path, flags);
  try {
    const stats = await file.stat();
    requireRegularFile(stats);
    return { file, size: stats.size };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads a file of at most `bytesMax`. Throws what `openRegularFile` throws, and an Error that states both sizes if the
 * file is larger; in that case no more than the limit is read.
 */
export async function readRegularFile(path: string, bytesMax: number): Promise<Uint8Array> {
  const { file, size } = await openSizedFile(path);
  try {
    const buffer = bufferFor(size, bytesMax);
    let done = 0;
    while (done < buffer.byteLength) {
      const { bytesRead } = await file.read(buffer, done, buffer.byteLength - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return requireWithin(buffer.subarray(0, done), bytesMax);
  } finally {
    await file.close();
  }
}

/** Synchronous `readRegularFile`, for the few small documents a command reads at its start. */
export function readRegularFileSync(path: string, bytesMax: number): Uint8Array {
  const file = openSync(path, flags);
  try {
    const stats = fstatSync(file);
    requireRegularFile(stats);
    const buffer = bufferFor(stats.size, bytesMax);
    let done = 0;
    while (done < buffer.byteLength) {
      const bytesRead = readSync(file, buffer, done, buffer.byteLength - done, done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return requireWithin(buffer.subarray(0, done), bytesMax);
  } finally {
    closeSync(file);
  }
}

function requireRegularFile(stats: Stats): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw Object.assign(new Error('EISDIR: it is a folder, not a file'), { code: 'EISDIR' });
  const what = stats.isFIFO() ? 'a named pipe' : stats.isSocket() ? 'a socket' : 'a device';
  throw Object.assign(new Error(`it is ${what}, not a file`), { code: notRegularCode });
}

/**
 * One byte more than the reported size. This detects files that grow, and bounds files of unknown size, such as those
 * in /proc, which report 0.
 */
function bufferFor(size: number, bytesMax: number): Buffer {
  if (size > bytesMax) throw tooLarge(bytesText(size), bytesMax);
  return Buffer.allocUnsafeSlow(size === 0 ? bytesMax + 1 : size + 1);
}

function requireWithin(bytes: Uint8Array, bytesMax: number): Uint8Array {
  if (bytes.byteLength > bytesMax) throw tooLarge('more', bytesMax);
  return bytes;
}

function tooLarge(got: string, bytesMax: number): Error {
  return Object.assign(new Error(`it has ${got}; the limit is ${bytesText(bytesMax)}`), { code: 'EFBIG' });
}
