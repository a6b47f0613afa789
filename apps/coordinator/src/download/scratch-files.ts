import { createReadStream, existsSync } from 'node:fs';
import { mkdtemp, open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from '#store/store.js';

/** A folder of this machine with copies of files of a store, for what needs files: one name, there and here. */
export interface ScratchFiles {
  readonly folder: string;
  /** Copies a file of the store to the end of a file here. False if the store has none. */
  fetch(name: string, key?: string): Promise<boolean>;
  put(name: string): Promise<void>;
  has(name: string): boolean;
  read(name: string): AsyncIterable<Uint8Array>;
  /** Removes the file here of this name, and those whose names go on after it by a dot or an underscore. */
  forget(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function openScratchFiles(store: Store): Promise<ScratchFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-tars-'));
  const read = (name: string): AsyncIterable<Uint8Array> =>
    createReadStream(join(folder, name)) as AsyncIterable<Uint8Array>;
  return {
    folder,
    async fetch(name, key = name) {
      if ((await store.size(key)) === undefined) return false;
      await appendPieces(join(folder, name), store.getPieces(key));
      return true;
    },
    put: (name) => store.putPieces(name, () => read(name)),
    has: (name) => existsSync(join(folder, name)),
    read,
    async forget(wanted) {
      const isWanted = (name: string): boolean =>
        name.startsWith(wanted) && /^(?:[._]|$)/.test(name.slice(wanted.length));
      for (const name of (await readdir(folder)).filter(isWanted)) await rm(join(folder, name), { force: true });
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Appends to a file piece by piece: a store may overwrite a piece once it is asked for the next. */
export async function appendPieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const file = await open(path, 'a');
  try {
    for await (const piece of pieces) await file.appendFile(piece);
  } finally {
    await file.close();
  }
}
