import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fileBytes } from '../file-bytes.js';
import type { SourceReport } from '../source-sample.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import type { PairRow, UnusableRow } from './picture-rows.js';
import { hasColumns, isUrl, noFirstRow, tableColumns, type ColumnOptions, type TableColumns } from './table-columns.js';
import type { TableOptions } from './table-form.js';
import { tableRecords } from './table-records.js';

/** A table with one row for each caption, or for each picture. */
export interface PairTable extends TableOptions, ColumnOptions {
  readonly path: string;
  /** UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel;
}

/** A row of a table of pairs: each of its captions is a row of its own. */
export type TableRow = ({ readonly kind: 'row' } & PairRow) | UnusableRow;

/** Yields the rows of pairs, and those that cannot be used. Throws DATA_INVALID where it is no such table. */
export async function* tableRows(table: PairTable, report: SourceReport): AsyncGenerator<TableRow> {
  const { path, images } = table;
  const isHeading = (cells: readonly string[]): boolean => hasColumns(cells, table);
  let options: PairTable = table;
  let columns: TableColumns | undefined;
  const bytes = tableBytes(path, report);
  try {
    for await (const record of tableRecords(bytes, { ...table, isHeading, say: report.say })) {
      const hasHeading = options.hasHeading ?? true;
      if (record.kind === 'bad row') {
        if (!columns && hasHeading) throw noFirstRow(path, record.line, record.reason);
        yield { kind: 'unusable', line: record.line, reason: record.reason };
        continue;
      }
      const isFirst = columns === undefined;
      if (isFirst && hasHeading && images === 'urls' && record.cells.some(isUrl)) {
        options = { ...table, hasHeading: false };
        report.say('a table without a heading: its first row has a URL');
      }
      columns ??= tableColumns(record.cells, options, path);
      if (isFirst && columns.guess !== undefined) report.say(columns.guess);
      if (!isFirst || options.hasHeading === false) yield* pairRows(record.line, record.cells, columns, options);
    }
    if (!columns && (options.hasHeading ?? true)) throw noFirstRow(path, 1, 'The table is empty.');
  } finally {
    await bytes.return(undefined); // Closes the file also where not all of it is read.
  }
}

async function* tableBytes(path: string, { reached }: SourceReport): AsyncGenerator<Uint8Array> {
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

function* pairRows(
  line: number,
  cells: readonly string[],
  columns: TableColumns,
  { groupColumn, images }: PairTable,
): Generator<TableRow> {
  const path = cells[columns.image] ?? '';
  const group = columns.group === undefined ? undefined : (cells[columns.group] ?? '');
  const captions = columns.captions.map((place) => cells[place] ?? '');
  if (path.trim() === '')
    yield { kind: 'unusable', line, reason: `No ${images === 'urls' ? 'URL' : 'path'} in its column.` };
  else if (group?.trim() === '') yield { kind: 'unusable', line, reason: `No group in the column ${groupColumn}.` };
  else for (const caption of captions) yield { kind: 'row', path, caption, group, line };
}
