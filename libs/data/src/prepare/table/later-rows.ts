import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageCaptionsMax } from '#protocol/input/input-limits.js';
import { hashTable } from '../../dataset/hash-table.js';
import type { PairRow, PictureRows } from './picture-rows.js';

/**
 * The rows of pictures that a table comes back to: they are found when a table is read for the first time, and kept in
 * a file in the system's temporary folder until it is read again. Memory: 24 to 72 bytes a picture.
 */
export interface LaterRows {
  /** First reading: takes all rows in their order. */
  note(picture: PictureRows): Promise<void>;
  /** Second reading: the rows of this picture that come after others, or undefined if they were given before. */
  take(path: string): Promise<readonly PairRow[] | undefined>;
  close(): Promise<void>;
}

export function laterRows(): LaterRows {
  const places = hashTable();
  let spill: SpillFile | undefined;
  return {
    async note({ path, rows }) {
      const slot = places.slotOf(path);
      let before = places.get(slot);
      if (before === unseen) before = nowhere;
      else {
        spill ??= await openSpillFile();
        for (const row of rows) before = await spill.append({ before, row });
      }
      places.set(slot, before);
    },
    async take(path) {
      const slot = places.slotOf(path);
      let place = places.get(slot);
      places.set(slot, given);
      if (place === given) return undefined;
      const rows: PairRow[] = [];
      while (place !== nowhere && place !== unseen && rows.length <= imageCaptionsMax) {
        const { before, row } = await spill!.read(place);
        rows.push(row);
        place = before;
      }
      return rows.reverse();
    },
    close: async () => spill?.close(),
  };
}

/** What a picture has that is not in the table. Places in the file begin at 1. */
const unseen = 0;
const nowhere = -1;
const given = -2;

/** A row, and the place of the row of the same picture before it. */
interface Spilled {
  readonly before: number;
  readonly row: PairRow;
}

interface SpillFile {
  append(entry: Spilled): Promise<number>;
  read(place: number): Promise<Spilled>;
  close(): Promise<void>;
}

const bufferBytes = 2 ** 20;
const lengthBytes = 4;
/** Most entries are shorter, and are read at once. */
const usualBytes = 512;

/** Entries are a length and JSON. All are written before the first is read. */
async function openSpillFile(): Promise<SpillFile> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-rows-'));
  const file = await open(join(folder, 'rows'), 'w+');
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let size = 0;
  const flush = async (): Promise<void> => {
    await file.appendFile(Buffer.concat(waiting));
    waiting = [];
    waitingBytes = 0;
  };
  return {
    async append(entry) {
      const text = Buffer.from(JSON.stringify(entry));
      const length = Buffer.alloc(lengthBytes);
      length.writeUInt32LE(text.byteLength);
      const place = size + 1;
      size += lengthBytes + text.byteLength;
      waiting.push(length, text);
      waitingBytes += lengthBytes + text.byteLength;
      if (waitingBytes >= bufferBytes) await flush();
      return place;
    },
    async read(place) {
      if (waitingBytes > 0) await flush();
      let bytes = await part(file, place - 1, usualBytes);
      const end = lengthBytes + bytes.readUInt32LE();
      if (end > usualBytes) bytes = await part(file, place - 1, end);
      return JSON.parse(bytes.toString('utf8', lengthBytes, end)) as Spilled;
    },
    async close() {
      await file.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function part(file: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(bytes), 0, bytes, at);
  return buffer;
}
