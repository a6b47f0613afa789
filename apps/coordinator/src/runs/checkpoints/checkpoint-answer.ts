import { createReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import type { Store } from '#store/store.js';
import type { ExportedFile } from './model-message.js';

/** Answers with a blob as a file of this name. A failure after the first byte ends the connection. */
export async function answerBlob(
  response: ServerResponse,
  store: Store,
  { key, bytes, name }: { readonly key: string; readonly bytes: number; readonly name: string },
): Promise<void> {
  response.writeHead(200, { ...asFile(name), 'content-length': bytes });
  // A store may use the memory of a piece again, and the response may still hold it.
  const pieces = Readable.from(copies(store.getPieces(key)), { objectMode: false });
  await pipeline(pieces, response).catch(() => response.destroy());
}

/** Answers with the files of a folder as a tar of this name. */
export async function answerTar(
  response: ServerResponse,
  folder: string,
  { files, name }: { readonly files: readonly ExportedFile[]; readonly name: string },
): Promise<void> {
  response.writeHead(200, asFile(name));
  const tar = pack();
  const sent = pipeline(tar, response);
  const filled = (async () => {
    for (const { path, bytes } of files)
      await pipeline(createReadStream(join(folder, path)), tar.entry({ name: path, size: bytes }));
    tar.finalize();
  })();
  await Promise.all([sent, filled]).catch(() => {
    tar.destroy();
    response.destroy();
  });
}

function asFile(name: string): Record<string, string> {
  return { 'content-type': 'application/octet-stream', 'content-disposition': `attachment; filename="${name}"` };
}

async function* copies(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) yield piece.slice();
}
