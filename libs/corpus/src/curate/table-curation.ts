import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { leftOutBook, type LeftOutBook } from '../source/left-out.js';
import type { CaptionSource } from './caption-source.js';
import { captionRows, csvLine, isJsonLines, type CaptionRow, type CaptionTable } from './caption-table.js';

const batchLength = 1024;

/** The captions of a table. Throws DATA_INVALID where its paths would mean nothing in the folder of `target`. */
export function captionsOfTable(
  table: CaptionTable,
  target: string,
  imageColumn: string,
  book: LeftOutBook,
): CaptionSource {
  const isMoved = dirname(resolve(target)) !== dirname(resolve(table.path));
  return async function* () {
    let batch: CaptionRow[] = [];
    for await (const row of captionRows(table, book)) {
      if (isMoved) requireNoPath(row, imageColumn, table.path);
      batch.push(row);
      if (batch.length < batchLength) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  };
}

/** Writes the rows that are kept as a table of the same columns: CSV, or JSON lines as they were. */
export async function writeKeptRows(table: CaptionTable, kept: Uint8Array, target: string): Promise<void> {
  async function* lines(): AsyncGenerator<string> {
    let at = 0;
    for await (const { line, cells } of captionRows(table, leftOutBook())) {
      if (at === 0 && !isJsonLines(table.path)) yield `${csvLine(cells.map(([column]) => column))}\n`;
      if (kept[at++] === 1) yield `${line}\n`;
    }
  }
  const unfinished = `${target}.part`;
  try {
    await pipeline(Readable.from(lines()), createWriteStream(unfinished));
    await rename(unfinished, target);
  } finally {
    await rm(unfinished, { force: true });
  }
}

function requireNoPath({ cells }: CaptionRow, imageColumn: string, path: string): void {
  const value = cells.find(([column]) => column === imageColumn)?.[1];
  if (typeof value !== 'string' || value === '' || /^([a-z][a-z0-9+.-]*:|[/\\])/i.test(value)) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Expected a target in the folder of ${path}, to which its paths are relative (${imageColumn}: ${value}).`,
    help: 'Name a target beside the table; or another --image-column if this one has no paths.',
  });
}
