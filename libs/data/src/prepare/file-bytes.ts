import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import bunzip2 from 'unbzip2-stream';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openRegularFile } from '#store/file/regular-file.js';

/**
 * The bytes of a file, decompressed where its name ends with .gz or .bz2, piece by piece. A piece may be overwritten
 * when the next is requested. Throws NOT_FOUND where there is no such file, and DATA_INVALID where it cannot be
 * decompressed to its end. `onRead` gets the share of the file that has been read.
 */
export async function* fileBytes(
  path: string,
  onRead: (share: number) => void = () => undefined,
): AsyncGenerator<Uint8Array> {
  const file = await openRegularFile(path).catch((cause: Error) => {
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Expected a file at ${path}: ${cause.message}.`,
      help: 'Correct the path.',
      cause,
    });
  });
  const { size } = await file.stat();
  const stream = file.createReadStream({ highWaterMark: 2 ** 18 });
  try {
    for await (const bytes of unpacked(path, stream)) {
      onRead(Math.min(1, stream.bytesRead / Math.max(size, 1)));
      yield bytes;
    }
  } finally {
    stream.destroy();
  }
}

function unpacked(path: string, stream: Readable): AsyncIterable<Uint8Array> {
  if (path.endsWith('.gz'))
    return named(
      path,
      '.gz',
      pipeline(stream, createGunzip(), () => undefined),
    );
  if (path.endsWith('.bz2')) return named(path, '.bz2', bunzipped(stream));
  return stream as AsyncIterable<Uint8Array>;
}

/** The package decompresses, and reports errors, within `write` and `end`. It checks the CRC of each block. */
async function* bunzipped(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const unzip = bunzip2();
  let pieces: Uint8Array[] = [];
  let failure: Error | undefined;
  unzip.on('data', (piece: Uint8Array) => void pieces.push(piece));
  // Where the file ends too early, the package reads beyond the end and fails with a TypeError.
  unzip.on('error', (error: Error) => {
    failure ??= error instanceof TypeError ? new Error('unexpected end of file', { cause: error }) : error;
  });
  function* taken(): Generator<Uint8Array> {
    const ready = pieces;
    pieces = [];
    yield* ready;
    if (failure) throw failure;
  }
  for await (const bytes of stream) {
    unzip.write(Buffer.from(bytes));
    yield* taken();
  }
  unzip.end();
  yield* taken();
}

async function* named(path: string, ending: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected a whole ${ending} file at ${path}: it is cut short or damaged (${(cause as Error).message}).`,
      help: 'Copy or download it again.',
      cause,
    });
  }
}
