import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type FileMetaData,
  type SchemaTree,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { cellOf, type Cell, type SourceRecord } from './record.js';

/**
 * Yields the rows of a Parquet file, its columns first. One row group is in memory at a time. Throws DATA_INVALID where
 * it is no whole Parquet file.
 */
export async function* parquetRecords(path: string, reached: (share: number) => void): AsyncGenerator<SourceRecord> {
  const { file, metadata } = await opened(path);
  const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
  yield { kind: 'row', line: 0, cells: columns };
  const total = Math.max(1, Number(metadata.num_rows));
  let rowStart = 0;
  for (const { num_rows: rows } of metadata.row_groups) {
    const rowEnd = rowStart + Number(rows);
    const values: Cell[][] = [];
    // One column after another: of several at once that are damaged, the package leaves a rejection unhandled.
    for (const column of columns) values.push(await columnCells(path, { file, metadata, column, rowStart, rowEnd }));
    for (let at = 0; at < rowEnd - rowStart; at++) {
      yield { kind: 'row', line: rowStart + at + 1, cells: values.map((column) => column[at] ?? '') };
      reached((rowStart + at + 1) / total);
    }
    rowStart = rowEnd;
  }
}

type Opened = { file: Awaited<ReturnType<typeof asyncBufferFromFile>> } & {
  metadata: Awaited<ReturnType<typeof parquetMetadataAsync>>;
};

async function columnCells(
  path: string,
  { column, ...range }: Opened & { readonly column: string; readonly rowStart: number; readonly rowEnd: number },
): Promise<Cell[]> {
  try {
    // Bytes without a logical type stay bytes: they may be a picture.
    const rows = await parquetReadObjects({ ...range, columns: [column], compressors, utf8: false });
    return rows.map((row) => cellOf(row[column]));
  } catch (cause) {
    throw damaged(path, cause);
  }
}

async function opened(path: string): Promise<Opened> {
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    requireColumnsOfSchema(metadata);
    return { file, metadata };
  } catch (cause) {
    throw damaged(path, cause);
  }
}

/**
 * The columns of each row group must be those of the schema, each once. Where they are not, the package reads columns
 * that it then forgets, and an error of one would end the process as a rejection that nobody handles.
 */
function requireColumnsOfSchema(metadata: FileMetaData): void {
  const expected = leavesOf(parquetSchema(metadata)).join('\n');
  for (const { columns } of metadata.row_groups)
    if (columns.map(({ meta_data: column }) => column?.path_in_schema.join('.')).join('\n') !== expected)
      throw new Error('a row group has other columns than the schema');
  if (new Set(expected.split('\n')).size !== expected.split('\n').length)
    throw new Error('the schema has a column twice');
}

/** Paths of the columns that hold values. */
function leavesOf({ children, path }: SchemaTree): string[] {
  return children.length === 0 ? [path.join('.')] : children.flatMap(leavesOf);
}

function damaged(path: string, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a whole Parquet file at ${path}: ${(cause as Error).message}.`,
    help: 'Copy or download the file again.',
    cause,
  });
}
