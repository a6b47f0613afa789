import { tableLines } from '#data/prepare/table/table-lines.js';
import { tableRecords } from '#data/prepare/table/table-records.js';
import type { TextEncodingLabel } from '#data/prepare/text-encoding.js';
import { shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fileBytes } from '#data/prepare/file-bytes.js';
import type { LeftOutBook } from '../source/left-out.js';
import type { CaptionPair } from './caption-source.js';

/** A table of captions: .csv or .tsv with a heading, or .jsonl with an object a line. Each row is a pair. */
export interface CaptionTable {
  readonly path: string;
  /** `title` if left out, and `caption` of JSON lines, where it may be a list. */
  readonly captionColumn?: string | undefined;
  /** What names a pair; all its cells if left out. */
  readonly keyColumn?: string | undefined;
  readonly encoding?: TextEncodingLabel | undefined;
}

/** A row that can be read. */
export interface CaptionRow extends CaptionPair {
  /** The row as a CSV or JSON line, without the line end. */
  readonly line: string;
  /** The cells by their columns, in order. */
  readonly cells: readonly (readonly [column: string, value: unknown])[];
}

export function isJsonLines(path: string): boolean {
  return /\.jsonl(\.gz|\.bz2)?$/i.test(path);
}

/**
 * Yields the rows of a table. Those that cannot be read are left out and counted, in the same way at every reading.
 * Throws DATA_INVALID where the table does not have the columns.
 */
export function captionRows(table: CaptionTable, book: LeftOutBook): AsyncIterable<CaptionRow> {
  return isJsonLines(table.path) ? jsonRows(table, book) : tableRows(table, book);
}

async function* tableRows(table: CaptionTable, book: LeftOutBook): AsyncGenerator<CaptionRow> {
  const { path, captionColumn = 'title', keyColumn, encoding } = table;
  let heading: readonly string[] | undefined;
  for await (const record of tableRecords(fileBytes(path), {
    encoding,
    isHeading: (cells) => cells.includes(captionColumn),
  })) {
    if (record.kind === 'bad row') book.add(record.reason, `${path}, line ${record.line}`);
    else if (!heading) {
      heading = record.cells;
      for (const column of [captionColumn, ...(keyColumn === undefined ? [] : [keyColumn])])
        if (!heading.includes(column)) throw noColumn(path, column, heading);
    } else {
      const cells = heading.map((column, at) => [column, record.cells[at]!] as const);
      const line = csvLine(record.cells);
      yield { key: keyOf(cells, keyColumn) ?? line, captions: [String(valueOf(cells, captionColumn))], line, cells };
    }
  }
  if (!heading) throw noColumn(path, captionColumn, []);
}

async function* jsonRows(table: CaptionTable, book: LeftOutBook): AsyncGenerator<CaptionRow> {
  const { path, captionColumn = 'caption', keyColumn, encoding } = table;
  let rows = 0;
  let other: readonly string[] = [];
  for await (const text of tableLines(fileBytes(path), encoding)) {
    const where = `${path}, line ${text.number}`;
    if (text.kind === 'unreadable') book.add(text.reason, where);
    else if (text.text.trim() !== '') {
      const cells = Object.entries(objectOf(text.text));
      const captions = [valueOf(cells, captionColumn)].flat();
      const key = keyOf(cells, keyColumn) ?? (keyColumn === undefined ? text.text : undefined);
      if (cells.length === 0) book.add('lines that are no JSON object', where);
      else if (key !== undefined && captions.every((caption) => typeof caption === 'string')) {
        rows++;
        yield { key, captions, line: text.text, cells };
      } else {
        other = cells.map(([column]) => column);
        book.add(`lines without the text ${captionColumn}${keyColumn === undefined ? '' : ` or ${keyColumn}`}`, where);
      }
    }
  }
  if (rows === 0)
    throw noColumn(path, keyColumn === undefined ? captionColumn : `${captionColumn} or ${keyColumn}`, other);
}

function objectOf(line: string): object {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function valueOf(cells: CaptionRow['cells'], name: string): unknown {
  return cells.find(([column]) => column === name)?.[1];
}

function keyOf(cells: CaptionRow['cells'], name: string | undefined): string | undefined {
  const value = name === undefined ? undefined : valueOf(cells, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** A row as RFC 4180 has it. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}

function noColumn(path: string, column: string, found: readonly string[]): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected the column ${column} in ${path}, got ` +
      `${found.length === 0 ? 'no row that has columns' : shownNames(found)}.`,
    help: 'Name the columns with --caption-column and --key-column.',
  });
}
