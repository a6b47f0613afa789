import { zipEntriesMax, zipTableBytesMax } from '#protocol/input/input-limits.js';
import { bytesText, shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { StoredFile } from '../stored-file.js';

/** A file in a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: number;
  /** 0: as it is; anything else is a way of compressing it. */
  readonly method: number;
  readonly isEncrypted: boolean;
  /** Of the header before its data. */
  readonly headerOffset: number;
}

export interface ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /**
   * Bytes [offset, offset + length) of an entry that is stored as it is. Throws DATA_INVALID where it is compressed or
   * ends before.
   */
  read(entry: ZipEntry, offset: number, length: number): Promise<Uint8Array>;
}

// Not yauzl: it reads twice for each entry (on S3 that is two requests a tensor) and never learns the table's size.
const endBytes = 22;
const commentBytesMax = 65_535;
const locatorBytes = 20;
const end64Bytes = 56;
const headerBytes = 30;

/**
 * Read the table of a zip archive, zip64 or not. Nothing is unpacked, and entries' names are only names. Throws
 * DATA_INVALID saying what is wrong with the archive. Source: PKWARE APPNOTE.TXT 6.3.10, §4.3.
 */
export async function openZipArchive(file: StoredFile): Promise<ZipArchive> {
  const table = await findTable(file);
  if (table.bytes > zipTableBytesMax)
    throw damaged(file, `its table takes ${bytesText(table.bytes)}, read are at most ${bytesText(zipTableBytesMax)}`);
  const entries = readTable(file, viewOf(await file.read(table.offset, table.bytes)));
  return {
    entries,
    async read(entry, offset, length) {
      const { name, bytes } = entry;
      if (entry.isEncrypted) throw damaged(file, `${name} is encrypted`);
      if (entry.method !== 0)
        throw damaged(
          file,
          `${name} is compressed, expected it stored as it is`,
          'torch.save stores it so: unpack the archive, load the file in Python and save it again.',
        );
      if (offset + length > bytes)
        throw damaged(file, `${name} has ${bytes} bytes, expected at least ${offset + length}`);
      const header = viewOf(await file.read(entry.headerOffset, headerBytes));
      if (header.getUint32(0, true) !== 0x04034b50) throw damaged(file, `${name} is not where its table says`);
      const start = entry.headerOffset + headerBytes + header.getUint16(26, true) + header.getUint16(28, true);
      return file.read(start + offset, length);
    },
  };
}

interface Table {
  readonly offset: number;
  readonly bytes: number;
}

async function findTable(file: StoredFile): Promise<Table> {
  const tailBytes = Math.min(file.bytes, endBytes + commentBytesMax);
  const tailOffset = file.bytes - tailBytes;
  const tail = viewOf(await file.read(tailOffset, tailBytes));
  const at = endRecord(tail);
  if (at === undefined) throw damaged(file, 'it has no table at its end');
  const table = { bytes: tail.getUint32(at + 12, true), offset: tail.getUint32(at + 16, true) };
  const entries = tail.getUint16(at + 10, true);
  const isWide = table.offset === 0xffffffff || table.bytes === 0xffffffff || entries === 0xffff;
  return inside(file, isWide ? await findWideTable(file, tailOffset + at) : table);
}

/** The end record is what says that only its own comment follows. */
function endRecord(tail: DataView): number | undefined {
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (tail.getUint32(at, true) === 0x06054b50 && at + endBytes + tail.getUint16(at + 20, true) === tail.byteLength)
      return at;
  }
  return undefined;
}

async function findWideTable(file: StoredFile, endOffset: number): Promise<Table> {
  if (endOffset < locatorBytes) throw damaged(file, 'it names a zip64 table and has none');
  const locator = viewOf(await file.read(endOffset - locatorBytes, locatorBytes));
  if (locator.getUint32(0, true) !== 0x07064b50) throw damaged(file, 'it names a zip64 table and has none');
  const { offset } = inside(file, { offset: uint64(locator, 8), bytes: end64Bytes });
  const end = viewOf(await file.read(offset, end64Bytes));
  if (end.getUint32(0, true) !== 0x06064b50) throw damaged(file, 'its zip64 table is not where it says');
  return { bytes: uint64(end, 40), offset: uint64(end, 48) };
}

function inside(file: StoredFile, table: Table): Table {
  if (table.offset + table.bytes <= file.bytes) return table;
  throw damaged(file, `its table ends at byte ${table.offset + table.bytes}, the file at ${file.bytes}`);
}

function readTable(file: StoredFile, table: DataView): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>();
  for (let at = 0; at < table.byteLength;) {
    if (at + 46 > table.byteLength || table.getUint32(at, true) !== 0x02014b50)
      throw damaged(file, 'its table is out of order');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => table.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const next = at + 46 + nameBytes + extraBytes + commentBytes;
    if (next > table.byteLength) throw damaged(file, 'its table is cut short');
    const name = Buffer.from(table.buffer, table.byteOffset + at + 46, nameBytes).toString('utf8');
    if (entries.size === zipEntriesMax)
      throw damaged(file, `it has more than ${zipEntriesMax} entries, of which at most so many are read`);
    if (entries.has(name)) throw damaged(file, `it holds ${shownName(name)} twice`);
    const wide = wideFields(table, at + 46 + nameBytes, extraBytes);
    const field = (offset: number): number => {
      const value = table.getUint32(at + offset, true);
      if (value !== 0xffffffff) return value;
      const next64 = wide.shift();
      if (next64 === undefined)
        throw damaged(file, `${shownName(name)} is said to be larger than 4 GiB and does not say how large`);
      return next64;
    };
    const bytes = field(24);
    const storedBytes = field(20);
    const method = table.getUint16(at + 10, true);
    if (method === 0 && storedBytes !== bytes)
      throw damaged(file, `${shownName(name)} has ${bytes} bytes and takes ${storedBytes}`);
    const headerOffset = field(42);
    // Sizes are believed from here on, and memory is taken by them.
    if (method === 0 && headerOffset + bytes > file.bytes)
      throw damaged(
        file,
        `${shownName(name)} ends at byte ${headerOffset + bytes} or beyond, the file at ${file.bytes}`,
      );
    entries.set(name, {
      name: shownName(name),
      bytes,
      method,
      isEncrypted: (table.getUint16(at + 8, true) & 1) === 1,
      headerOffset,
    });
    at = next;
  }
  return entries;
}

/** Sizes and offset that do not fit into 32 bits, in this order, of those that do not. */
function wideFields(table: DataView, from: number, length: number): number[] {
  for (let at = from; at + 4 <= from + length;) {
    const [id, bytes] = [table.getUint16(at, true), table.getUint16(at + 2, true)];
    const end = Math.min(at + 4 + bytes, from + length);
    if (id === 1)
      return Array.from({ length: Math.floor((end - at - 4) / 8) }, (_, index) => uint64(table, at + 4 + 8 * index));
    at = end;
  }
  return [];
}

/** A size beyond 2^53 loses its last bits, and is beyond any file. */
function uint64(view: DataView, offset: number): number {
  return Number(view.getBigUint64(offset, true));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function damaged(
  file: StoredFile,
  what: string,
  help = 'The file is cut short or damaged: fetch or write it again.',
): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: ${file.url} is no zip archive that can be read: ${what}.`,
    help,
  });
}
