import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openRegularFile } from '#store/file/regular-file.js';
import { badSample, type SampleSource, type SourceReport, type SourceSample } from '../source-sample.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { readTableImage } from './image-path.js';
import { laterRows } from './later-rows.js';
import { pictureRows, type PairRow, type PictureRows, type UnusableRow } from './picture-rows.js';
import { hasColumns, noFirstRow, tableColumns, type ColumnOptions, type TableColumns } from './table-columns.js';
import type { TableOptions } from './table-form.js';
import { tableRecords } from './table-records.js';

/** A CSV or TSV file with one row per caption. */
export interface TableSource extends TableOptions, ColumnOptions {
  readonly kind: 'table';
  readonly path: string;
  /** What paths are relative to; the folder of the table if left out. */
  readonly imageFolder?: string | undefined;
  /** Of the table; UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel;
}

/**
 * Yields the samples of a table, in the order in which its pictures first appear. All rows of a picture are captions of
 * one pair, wherever they stand: the table is read twice. A row that cannot be read, or gives its picture another group
 * than the first, becomes a sample that cannot be used.
 */
export async function* tableSamples(source: TableSource, report: SourceReport): SampleSource {
  const later = laterRows();
  try {
    for await (const picture of pictureRows(rowsOf(source, { ...report, reached: () => undefined })))
      if (picture.kind === 'picture') await later.note(picture);
    for await (const picture of pictureRows(rowsOf(source, { ...report, say: () => undefined }))) {
      if (picture.kind === 'unusable') yield badSample(`${source.path}, line ${picture.line}`, picture.reason);
      else {
        const rest = await later.take(picture.path);
        if (rest) yield* samplesOf(source, { ...picture, rows: [...picture.rows, ...rest] });
      }
    }
  } finally {
    await later.close();
  }
}

function* samplesOf(source: TableSource, { path: origin, rows }: PictureRows): Generator<SourceSample> {
  const { group, line: first } = rows[0]!;
  const captions = rows.filter((row) => row.group === group).map(({ caption }) => caption);
  yield {
    origin,
    read: async () => ({ ...(await readTableImage(origin, source)), captions, group }),
  };
  for (const row of rows)
    if (row.group !== group)
      yield badSample(
        `${source.path}, line ${row.line}`,
        `Another group than in line ${first}, which is of the same picture.`,
      );
}

/** The rows of pairs, and those that cannot be used. */
async function* rowsOf(
  source: TableSource,
  report: SourceReport,
): AsyncGenerator<({ readonly kind: 'row' } & PairRow) | UnusableRow> {
  const { path, groupColumn, hasHeading = true } = source;
  const file = await openRegularFile(path).catch((cause: Error) => {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected a table at ${path}: ${cause.message}.`,
      help: 'Name a .csv or .tsv file.',
      cause,
    });
  });
  const { size } = await file.stat();
  const stream = file.createReadStream();
  const isHeading = (cells: readonly string[]): boolean => hasColumns(cells, source);
  let columns: TableColumns | undefined;
  try {
    for await (const record of tableRecords(stream, { ...source, isHeading, say: report.say })) {
      report.reached(stream.bytesRead / Math.max(size, 1));
      if (record.kind === 'bad row') {
        if (!columns && hasHeading) throw noFirstRow(path, record.line, record.reason);
        yield { kind: 'unusable', line: record.line, reason: record.reason };
        continue;
      }
      const isFirst = columns === undefined;
      columns ??= tableColumns(record.cells, source, path);
      if (isFirst && columns.guess !== undefined) report.say(columns.guess);
      if (!isFirst || !hasHeading) yield pairRow(record.line, record.cells, columns, groupColumn);
    }
    if (!columns && hasHeading) throw noFirstRow(path, 1, 'The table is empty.');
  } finally {
    stream.destroy();
  }
}

function pairRow(
  line: number,
  cells: readonly string[],
  columns: TableColumns,
  groupColumn: string | undefined,
): ({ readonly kind: 'row' } & PairRow) | UnusableRow {
  const [path = '', caption = ''] = [cells[columns.image], cells[columns.caption]];
  const group = columns.group === undefined ? undefined : (cells[columns.group] ?? '');
  if (path.trim() === '') return { kind: 'unusable', line, reason: `No path in its column.` };
  if (group?.trim() === '') return { kind: 'unusable', line, reason: `No group in the column ${groupColumn}.` };
  return { kind: 'row', path, caption, group, line };
}
