import type { Header } from 'tar-stream';
import { extract } from 'tar-stream';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openRegularFile } from '#store/file/regular-file.js';

/** A file in a tar. */
export interface TarMember {
  readonly name: string;
  /** Where its content begins in the tar. */
  readonly offset: number;
  readonly bytes: number;
  /** Reads the content. Must be called before the next member is requested. */
  read(): Promise<Buffer>;
}

/** Yields the files in a tar in their order. Throws DATA_INVALID if it is damaged. */
export async function* tarMembers(path: string): AsyncGenerator<TarMember> {
  const file = await openRegularFile(path).catch((cause: unknown) => {
    throw damaged(path, cause);
  });
  const tar = extract();
  const stream = file.createReadStream().on('error', (cause) => tar.destroy(cause));
  stream.pipe(tar);
  try {
    for await (const entry of tar) {
      // The header may claim any size, even a negative one. The tar reader goes by it, so the limit is checked against
      // it too.
      const { type, name, size = 0, byteOffset } = entry.header as Header & { readonly byteOffset: number };
      if (type === 'file')
        yield {
          name,
          offset: byteOffset,
          bytes: size,
          read: () => contentOf(entry, size).catch((cause: unknown) => Promise.reject(damaged(path, cause))),
        };
      entry.resume();
    }
  } catch (cause) {
    throw damaged(path, cause);
  } finally {
    stream.destroy();
  }
  await requireEnd(path);
}

/** A tar that was cut off between two members reads well, but does not end with an empty block as all others do. */
async function requireEnd(path: string): Promise<void> {
  const file = await openRegularFile(path);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(blockBytes, 'no end');
    if (size >= blockBytes) await file.read(last, 0, blockBytes, size - blockBytes);
    const isEnd = last.every((byte) => byte === 0);
    if (!isEnd) throw damaged(path, new Error('it ends without an empty block, as if cut off'));
  } finally {
    await file.close();
  }
}

const blockBytes = 512;

/** Reads a part of a tar that was seen before. */
export async function tarPart(path: string, offset: number, bytes: number): Promise<Uint8Array> {
  const file = await openRegularFile(path);
  try {
    const content = Buffer.allocUnsafeSlow(bytes);
    let done = 0;
    while (done < bytes) {
      const { bytesRead } = await file.read(content, done, bytes - done, offset + done);
      if (bytesRead === 0) throw damaged(path, new Error('Unexpected end of data'));
      done += bytesRead;
    }
    return content;
  } finally {
    await file.close();
  }
}

async function contentOf(entry: AsyncIterable<unknown>, size: number): Promise<Buffer> {
  const content = Buffer.allocUnsafeSlow(size);
  let done = 0;
  for await (const piece of entry) done += (piece as Buffer).copy(content, done);
  return content.subarray(0, done);
}

function damaged(path: string, cause: unknown): TandemError {
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
