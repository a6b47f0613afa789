import { parse } from 'csv-parse/sync';
import { tableRecordBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';

/** A row that cannot be read, and the line at which it starts. */
export interface BadRow {
  readonly kind: 'bad row';
  readonly line: number;
  readonly reason: string;
}

/** Rows of a table that follow one another, or one that cannot be read. */
export type TableRecords = { readonly kind: 'rows'; readonly rows: readonly (readonly string[])[] } | BadRow;

const quote = 0x22;
const newline = 0x0a;
const carriageReturn = 0x0d;
const tab = 0x09;
const comma = 0x2c;

/** Bytes of rows that are taken apart at a time. */
const batchBytes = 64 * 1024;

/**
 * The rows of a CSV or TSV file, its heading the first, from its bytes: a tab anywhere in the first line makes it a
 * TSV, as open_clip's tables are. A row of more than `tableRecordBytesMax` is never in memory whole, and the rows after
 * it are read.
 */
export async function* tableRecords(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<TableRecords> {
  const { dialect, all } = await dialectOf(bytes[Symbol.asyncIterator]());
  const options = {
    delimiter: String.fromCharCode(dialect.delimiter),
    record_delimiter: dialect.end === newline ? ['\r\n', '\n'] : '\r',
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  };
  let batch: Uint8Array[] = [];
  let waitingBytes = 0;
  const taken = (): TableRecords => {
    const rows = parse(Buffer.concat(batch), options);
    batch = [];
    waitingBytes = 0;
    return { kind: 'rows', rows };
  };
  for await (const record of recordsOf(all, dialect)) {
    if ('kind' in record) {
      if (waitingBytes > 0) yield taken();
      yield record;
      continue;
    }
    batch.push(record);
    waitingBytes += record.byteLength;
    if (waitingBytes >= batchBytes) yield taken();
  }
  if (waitingBytes > 0) yield taken();
}

interface Dialect {
  readonly delimiter: number;
  readonly end: number;
}

/**
 * By the first line, of which no more is looked at than a row may have; and all bytes, those that were looked at too,
 * without a byte order mark.
 */
async function dialectOf(
  bytes: AsyncIterator<Uint8Array>,
): Promise<{ readonly dialect: Dialect; readonly all: AsyncIterable<Uint8Array> }> {
  let start = Buffer.alloc(0);
  let isMore = true;
  while (isMore && start.byteLength < tableRecordBytesMax && !start.includes(newline)) {
    const next = await bytes.next();
    if (next.done) isMore = false;
    else start = Buffer.concat([start, next.value]);
  }
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) start = start.subarray(3);
  const lineEnd = start.indexOf(newline);
  const line = lineEnd < 0 ? start : start.subarray(0, lineEnd);
  const isOldMac = line.subarray(0, -1).includes(carriageReturn);
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield start;
    if (isMore) for (let next = await bytes.next(); !next.done; next = await bytes.next()) yield next.value;
  };
  return {
    dialect: { delimiter: line.includes(tab) ? tab : comma, end: isOldMac ? carriageReturn : newline },
    all: all(),
  };
}

/** The bytes of each row with what ends it. A row ends where a line does, but in quotation marks. */
async function* recordsOf(
  bytes: AsyncIterable<Uint8Array>,
  { delimiter, end }: Dialect,
): AsyncGenerator<Uint8Array | BadRow> {
  let state: 'field begins' | 'plain' | 'quoted' | 'quote in quoted' = 'field begins';
  let line = 1;
  let firstLine = 1;
  /** Of the row, what came in pieces before this one; undefined once it is too large. */
  let before: Uint8Array[] | undefined = [];
  let beforeBytes = 0;

  const withEnd = (last: Uint8Array): Uint8Array | BadRow => {
    const isWhole = before && beforeBytes + last.byteLength <= tableRecordBytesMax;
    const record =
      isWhole && before
        ? Buffer.concat([...before, last])
        : ({ kind: 'bad row', line: firstLine, reason: tooLarge } as const);
    before = [];
    beforeBytes = 0;
    firstLine = line;
    return record;
  };

  for await (const piece of bytes) {
    let from = 0;
    for (let at = 0; at < piece.byteLength; at++) {
      const byte = piece[at]!;
      if (byte === end) line++;
      if (byte === quote) {
        // As csv-parse takes them: a quotation mark means something where a field begins, and up to the next that is
        // not doubled.
        state =
          state === 'field begins' || state === 'quote in quoted'
            ? 'quoted'
            : state === 'quoted'
              ? 'quote in quoted'
              : state;
      } else if (state !== 'quoted') {
        state = byte === delimiter || byte === end ? 'field begins' : 'plain';
        if (byte !== end) continue;
        yield withEnd(piece.subarray(from, at + 1));
        from = at + 1;
      }
    }
    beforeBytes += piece.byteLength - from;
    if (beforeBytes > tableRecordBytesMax) before = undefined;
    // A copy: whoever gives the pieces may use their memory again.
    else before?.push(piece.slice(from));
  }
  if (state === 'quoted')
    yield {
      kind: 'bad row',
      line: firstLine,
      reason: 'A quotation mark is not closed in the rest of the table, from this row on.',
    };
  else if (beforeBytes > 0) yield withEnd(new Uint8Array());
}

const tooLarge = `The row has more than ${bytesText(tableRecordBytesMax)}, of which at most so many are read.`;
