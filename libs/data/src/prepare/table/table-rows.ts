import { normalize } from 'node:path';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { formatOf } from '../../image/image-formats.js';
import { fileBytes } from '../file-bytes.js';
import { jsonLineRecords, jsonRecords } from '../records/json-records.js';
import { parquetRecords } from '../records/parquet-records.js';
import { textsOf, type Cell, type SourceRecord } from '../records/record.js';
import { isYfccVideo, yfccCaptions, yfccColumns, yfccText, yfccUrl } from '../records/yfcc100m.js';
import type { SourceReport } from '../source-sample.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import type { PairRow, UnusableRow } from './picture-rows.js';
import {
  hasColumns,
  isUrl,
  noFirstRow,
  tableColumns,
  withoutNumber,
  type ColumnOptions,
  type TableColumns,
} from './table-columns.js';
import type { TableOptions } from './table-form.js';
import { tableRecords } from './table-records.js';

/** A file with one row for each caption, or for each picture: CSV, TSV, JSON lines, JSON or Parquet, by its ending. */
export interface PairTable extends TableOptions, ColumnOptions {
  readonly path: string;
  /** UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel;
  /** ISO 639-1 codes; captions of other languages are left out. */
  readonly languages?: readonly string[] | undefined;
}

/** A row of a table of pairs: each of its captions is a row of its own. */
export type TableRow = ({ readonly kind: 'row' } & PairRow) | UnusableRow;

/** Yields the rows of pairs, and those that cannot be used. Throws DATA_INVALID where it is no such table. */
export async function* tableRows(table: PairTable, report: SourceReport): AsyncGenerator<TableRow> {
  const { path } = table;
  const hasHeading = table.hasHeading ?? true;
  let read: RowReading | undefined;
  let isNumbered = false;
  for await (const record of recordsOf(table, report)) {
    if (record.kind === 'bad row') {
      if (!read && hasHeading) throw noFirstRow(path, record.line, record.reason);
      yield { kind: 'unusable', line: record.line, reason: record.reason };
      continue;
    }
    const isFirst = read === undefined;
    read ??= firstRow(record.cells, table, report);
    const [cell = ''] = textsOf(record.cells[read.columns.image]);
    if (!isNumbered && table.images !== 'urls' && withoutNumber(cell) !== cell) {
      isNumbered = true;
      report.say('paths without the numbers of captions after them (#0)');
    }
    if (!isFirst || read.isPair) yield* pairRows(record.line, record.cells, read, table);
  }
  if (!read && hasHeading) throw noFirstRow(path, 1, 'The table is empty.');
}

function recordsOf(table: PairTable, report: SourceReport): AsyncGenerator<SourceRecord> {
  const { path, encoding } = table;
  if (/\.(?:parquet|pq)$/i.test(path)) return parquetRecords(unlikeText(table).path, report.reached);
  if (/\.(?:jsonl|ndjson)(?:\.gz|\.bz2)?$/i.test(path))
    return jsonLineRecords(unlikeText({ ...table, encoding: undefined }).path, encoding, report.reached);
  if (/\.json$/i.test(path)) return jsonRecords(unlikeText(table).path);
  return textRecords(table, report);
}

/** JSON and Parquet name columns and tell cells apart themselves: an option that would do nothing is a mistake. */
function unlikeText<Table extends Pick<PairTable, 'path' | 'separator' | 'escape' | 'hasHeading'>>(
  table: Table & { readonly encoding?: TextEncodingLabel | undefined },
): Table {
  const given = {
    '--separator': table.separator,
    '--escape': table.escape,
    '--encoding': table.encoding,
    '--no-header': table.hasHeading === false ? '' : undefined,
  };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return table;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Expected no ${option} for ${table.path}, which says that itself.`,
    help: 'Leave it out.',
  });
}

async function* textRecords(table: PairTable, { reached, say }: SourceReport): AsyncGenerator<SourceRecord> {
  const isHeading = (cells: readonly string[]): boolean => hasColumns(cells, table);
  const bytes = tableBytes(table.path, reached);
  try {
    yield* tableRecords(bytes, { ...table, isHeading, say });
  } finally {
    await bytes.return(undefined); // Closes the file also where not all of it is read.
  }
}

async function* tableBytes(path: string, reached: (share: number) => void): AsyncGenerator<Uint8Array> {
  try {
    yield* fileBytes(path, reached);
  } catch (thrown) {
    if (!(thrown instanceof TandemError && thrown.code === ErrorCode.NotFound)) throw thrown;
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: thrown.message.replace('a file', 'a table'),
      help: 'Name a .csv or .tsv file.',
      cause: thrown,
    });
  }
}

/** How rows are read. */
interface RowReading {
  readonly columns: TableColumns;
  /** The first row is no heading. */
  readonly isPair: boolean;
  readonly isYfcc: boolean;
}

/** A row with a URL is no heading of a list of URLs. */
function firstRow(cells: readonly Cell[], table: PairTable, report: SourceReport): RowReading {
  const { path, images, hasHeading = true, imageColumn = yfccUrl, captionColumn = yfccCaptions } = table;
  const texts = cells.map((cell) => textsOf(cell)[0] ?? '');
  const isBare = !hasHeading || (images === 'urls' && texts.some(isUrl));
  const yfcc = isBare && images === 'urls' ? yfccColumns(texts) : undefined;
  if (isBare && hasHeading) report.say('a table without a heading: its first row has a URL');
  if (yfcc) report.say(`YFCC100M, with ${captionColumn} for captions`);
  const columns = yfcc
    ? tableColumns(yfcc, { ...table, hasHeading: true, imageColumn, captionColumn }, path)
    : tableColumns(texts, { ...table, hasHeading: !isBare }, path);
  if (columns.guess !== undefined) report.say(columns.guess);
  return { columns, isPair: isBare, isYfcc: yfcc !== undefined };
}

function* pairRows(
  line: number,
  cells: readonly Cell[],
  { columns, isYfcc }: RowReading,
  { groupColumn, images }: PairTable,
): Generator<TableRow> {
  const unusable = (reason: string): UnusableRow => ({ kind: 'unusable', line, reason });
  const picture = cells[columns.image] ?? '';
  const isImage = picture instanceof Uint8Array && images !== 'urls' && formatOf(picture) !== undefined;
  const path = isImage ? `row ${line}` : pathOf(textsOf(picture)[0] ?? '', images);
  const group = columns.group === undefined ? undefined : (textsOf(cells[columns.group])[0] ?? '');
  const texts = columns.captions.flatMap((place) => textsOf(cells[place]));
  const captions = isYfcc ? texts.map(yfccText) : texts;
  if (path.trim() === '') yield unusable(`No ${images === 'urls' ? 'URL' : 'path'} in its column.`);
  else if (group?.trim() === '') yield unusable(`No group in the column ${groupColumn}.`);
  else if (isYfcc && isYfccVideo(cells as readonly string[])) yield unusable('It is a video.');
  else
    for (const caption of captions.length > 0 ? captions : [''])
      yield { kind: 'row', path, caption, group, line, ...(isImage && { image: picture }) };
}

/** `./a.jpg`, `b/../a.jpg` and `a.jpg#0` are the picture `a.jpg`; an address stays as it is. */
function pathOf(cell: string, images: PairTable['images']): string {
  return cell === '' || images === 'urls' || cell.includes('://') ? cell : normalize(withoutNumber(cell));
}
