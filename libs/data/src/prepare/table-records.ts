import { parse } from 'csv-parse/sync';
import { tableRecordBytesMax } from '#protocol/input/input-limits.js';
import { bytesText } from '#protocol/input/shown.js';

/** A row that cannot be read, and the line where it starts. */
export interface BadRow {
  readonly kind: 'bad row';
  readonly line: number;
  readonly reason: string;
}

/** Consecutive rows of a table, or a row that cannot be read. */
export type TableRecords = { readonly kind: 'rows'; readonly rows: readonly (readonly string[])[] } | BadRow;

const quote = 0x22;
const newline = 0x0a;
const carriageReturn = 0x0d;
const tab = 0x09;
const comma = 0x2c;

/** Rows are parsed in batches of about this many bytes. */
const batchBytes = 64 * 1024;

/**
 * Yields the rows of a CSV or TSV file, the heading first. A tab anywhere in the first line makes it a TSV, as in
 * open_clip. A row of more than `tableRecordBytesMax` is never held in memory whole, and the rows after it are still
 * read.
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
  const takeBatch = (): TableRecords => {
    const rows = parse(Buffer.concat(batch), options);
    batch = [];
    waitingBytes = 0;
    return { kind: 'rows', rows };
  };
  for await (const record of recordsOf(all, dialect)) {
    if ('kind' in record) {
      if (waitingBytes > 0) yield takeBatch();
      yield record;
      continue;
    }
    batch.push(record);
    waitingBytes += record.byteLength;
    if (waitingBytes >= batchBytes) yield takeBatch();
  }
  if (waitingBytes > 0) yield takeBatch();
}

interface Dialect {
  readonly delimiter: number;
  readonly end: number;
}

/**
 * Determines the dialect from the first line, looking at no more bytes than a row may have. `all` yields all bytes,
 * including those already looked at, without a byte order mark.
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

/** Yields the bytes of each row, line end included. A row ends at a line end outside quotation marks. */
async function* recordsOf(
  bytes: AsyncIterable<Uint8Array>,
  { delimiter, end }: Dialect,
): AsyncGenerator<Uint8Array | BadRow> {
  let state: 'field begins' | 'plain' | 'quoted' | 'quote in quoted' = 'field begins';
  let line = 1;
  let firstLine = 1;
  /** Earlier pieces of the current row, or undefined once the row is too large. */
  let before: Uint8Array[] | undefined = [];
  let beforeBytes = 0;

  const finishRecord = (last: Uint8Array): Uint8Array | BadRow => {
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
        // Same rules as csv-parse: a quotation mark opens a quoted field only at the start of the field, and the field
        // ends at the next quotation mark that is not doubled.
        state =
          state === 'field begins' || state === 'quote in quoted'
            ? 'quoted'
            : state === 'quoted'
              ? 'quote in quoted'
              : state;
      } else if (state !== 'quoted') {
        state = byte === delimiter || byte === end ? 'field begins' : 'plain';
        if (byte !== end) continue;
        yield finishRecord(piece.subarray(from, at + 1));
        from = at + 1;
      }
    }
    beforeBytes += piece.byteLength - from;
    if (beforeBytes > tableRecordBytesMax) before = undefined;
    // A copy, because the source may reuse the memory of a piece.
    else before?.push(piece.slice(from));
  }
  if (state === 'quoted')
    yield {
      kind: 'bad row',
      line: firstLine,
      reason: 'A quotation mark is not closed in the rest of the table, from this row on.',
    };
  else if (beforeBytes > 0) yield finishRecord(new Uint8Array());
}

const tooLarge = `The row is larger than the limit of ${bytesText(tableRecordBytesMax)}.`;
