import { dirname, resolve } from 'node:path';
import { imageCaptionsMax, imageFileBytesMax } from '#protocol/input/input-limits.js';
import { shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openRegularFile, readRegularFile } from '#store/file/regular-file.js';
import { badSample, type SampleSource, type SourcePair, type SourceSample } from './source-sample.js';
import { tableRecords, type BadRow } from './table-records.js';

/** A CSV or TSV file with one row per caption, using open_clip's column names unless others are given. */
export interface TableSource {
  readonly kind: 'table';
  readonly path: string;
  readonly imageColumn?: string;
  readonly captionColumn?: string;
  readonly groupColumn?: string;
}

/**
 * Yields the samples of a table. Consecutive rows with the same image are captions of one pair. Image paths are
 * relative to the folder of the table. A row that cannot be read becomes a sample that cannot be used.
 */
export async function* tableSamples({
  path,
  imageColumn = 'filepath',
  captionColumn = 'title',
  groupColumn,
}: TableSource): SampleSource {
  let last: { sample: SourceSample; captions: string[] } | undefined;
  for await (const row of rowsOf(path, [
    imageColumn,
    captionColumn,
    ...(groupColumn === undefined ? [] : [groupColumn]),
  ])) {
    if ('kind' in row) {
      if (last) yield last.sample;
      last = undefined;
      yield badSample(`${path}, line ${row.line}`, row.reason);
      continue;
    }
    const [origin = '', caption = '', group] = row;
    if (last?.sample.origin === origin) {
      // One caption more than allowed is enough to refuse the sample.
      if (last.captions.length <= imageCaptionsMax) last.captions.push(caption);
      continue;
    }
    if (last) yield last.sample;
    const captions = [caption];
    const read = async (): Promise<SourcePair> => {
      const image = await readRegularFile(resolve(dirname(path), origin), imageFileBytesMax);
      return { image, captions, ...(group ? { group } : {}) };
    };
    last = { sample: { origin, read }, captions };
  }
  if (last) yield last.sample;
}

/** Yields these columns of each row. */
async function* rowsOf(
  path: string,
  columns: readonly string[],
): AsyncGenerator<readonly (string | undefined)[] | BadRow> {
  const file = await openRegularFile(path).catch((cause: Error) => {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message: `Expected a table at ${path}: ${cause.message}.`,
      help: 'Name a .csv or .tsv file.',
      cause,
    });
  });
  const stream = file.createReadStream();
  let places: readonly number[] | undefined;
  try {
    for await (const records of tableRecords(stream)) {
      if (records.kind === 'bad row') {
        if (!places) throw unknownColumns(path, columns, `no row of headings: ${records.reason}`);
        yield records;
        continue;
      }
      const [heading = [], ...rest] = records.rows;
      const rows = places ? records.rows : rest;
      places ??= placesOf(columns, heading, path);
      for (const row of rows) yield places.map((place) => row[place]);
    }
  } finally {
    stream.destroy();
  }
}

function placesOf(columns: readonly string[], heading: readonly string[], path: string): readonly number[] {
  const missing = columns.filter((column) => !heading.includes(column));
  if (missing.length > 0) throw unknownColumns(path, missing, shownNames(heading));
  return columns.map((column) => heading.lastIndexOf(column));
}

function unknownColumns(path: string, missing: readonly string[], got: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')} in ${path}, got ${got}.`,
    help: 'Name the columns of the image paths and captions, or rename them to filepath and title.',
  });
}
