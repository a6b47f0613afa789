import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { cellOf, type SourceRecord } from './record.js';

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
    // Bytes without a logical type stay bytes: they may be a picture.
    const values = await parquetReadObjects({ file, metadata, compressors, rowStart, rowEnd, utf8: false }).catch(
      (cause: unknown) => {
        throw damaged(path, cause);
      },
    );
    for (const [at, row] of values.entries()) {
      yield { kind: 'row', line: rowStart + at + 1, cells: columns.map((column) => cellOf(row[column])) };
      reached((rowStart + at + 1) / total);
    }
    rowStart = rowEnd;
  }
}

type Opened = { file: Awaited<ReturnType<typeof asyncBufferFromFile>> } & {
  metadata: Awaited<ReturnType<typeof parquetMetadataAsync>>;
};

async function opened(path: string): Promise<Opened> {
  try {
    const file = await asyncBufferFromFile(path);
    return { file, metadata: await parquetMetadataAsync(file) };
  } catch (cause) {
    throw damaged(path, cause);
  }
}

function damaged(path: string, cause: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected a whole Parquet file at ${path}: ${(cause as Error).message}.`,
    help: 'Copy or download the file again.',
    cause,
  });
}
