import { dirname, resolve } from 'node:path';
import { imageCaptionsMax } from '#protocol/input/input-limits.js';
import { shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openRegularFile } from '#store/file/regular-file.js';
import { readImageFile } from '../image-file.js';
import {
  badSample,
  type SampleSource,
  type SourcePair,
  type SourceReport,
  type SourceSample,
} from '../source-sample.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { tableRecords, type TableRecord } from './table-records.js';

/** A CSV or TSV file with one row per caption, using open_clip's column names unless others are given. */
export interface TableSource {
  readonly kind: 'table';
  readonly path: string;
  readonly imageColumn?: string;
  readonly captionColumn?: string;
  readonly groupColumn?: string;
  /** Of the table; UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel;
}

/** The columns that are read, and the options that name them. */
interface Column {
  readonly name: string;
  readonly option: string;
}

/**
 * Yields the samples of a table. Consecutive rows with the same image and group are captions of one pair. Image paths
 * are relative to the folder of the table. A row that cannot be read becomes a sample that cannot be used.
 */
export async function* tableSamples(source: TableSource, report: SourceReport): SampleSource {
  const { path, imageColumn = 'filepath', captionColumn = 'title', groupColumn } = source;
  const columns = [
    { name: imageColumn, option: '--image-column' },
    { name: captionColumn, option: '--caption-column' },
    ...(groupColumn === undefined ? [] : [{ name: groupColumn, option: '--group-column' }]),
  ];
  let last: { sample: SourceSample; captions: string[]; group: string | undefined } | undefined;
  for await (const row of rowsOf(source, columns, report)) {
    const place = `${path}, line ${row.line}`;
    const [origin = '', caption = '', group] = row.kind === 'row' ? row.cells : [];
    if (row.kind === 'row' && last?.sample.origin === origin && last.group === group) {
      // One caption more than allowed is enough to refuse the sample.
      if (last.captions.length <= imageCaptionsMax) last.captions.push(caption);
      continue;
    }
    if (last) yield last.sample;
    last = undefined;
    if (row.kind === 'bad row') yield badSample(place, row.reason);
    else if (origin.trim() === '') yield badSample(place, `No path in the column ${imageColumn}.`);
    else if (groupColumn !== undefined && (group ?? '').trim() === '')
      yield badSample(place, `No group in the column ${groupColumn}.`);
    else {
      const captions = [caption];
      last = { sample: { origin, read: () => pairOf(path, origin, captions, group) }, captions, group };
    }
  }
  if (last) yield last.sample;
}

async function pairOf(
  table: string,
  origin: string,
  captions: readonly string[],
  group: string | undefined,
): Promise<SourcePair> {
  return { image: await readImageFile(resolve(dirname(table), origin)), captions, group };
}

/** Yields these columns of each row. */
async function* rowsOf(
  { path, encoding }: TableSource,
  columns: readonly Column[],
  report: SourceReport,
): AsyncGenerator<TableRecord> {
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
  let places: readonly number[] | undefined;
  try {
    for await (const record of tableRecords(stream, encoding)) {
      report.reached(stream.bytesRead / Math.max(size, 1));
      if (record.kind === 'bad row') {
        if (!places) throw unknownColumns(path, columns, `no row of headings: ${record.reason.replace(/\.$/, '')}`);
        yield record;
      } else if (places) yield { ...record, cells: places.map((place) => record.cells[place]!) };
      else places = placesOf(columns, record.cells, path);
    }
  } finally {
    stream.destroy();
  }
}

function placesOf(columns: readonly Column[], heading: readonly string[], path: string): readonly number[] {
  const missing = columns.filter(({ name }) => !heading.includes(name));
  if (missing.length > 0) throw unknownColumns(path, missing, shownNames(heading));
  return columns.map(({ name }) => heading.lastIndexOf(name));
}

function unknownColumns(path: string, missing: readonly Column[], got: string): TandemError {
  const names = missing.map(({ name, option }) => `${name} (${option})`).join(', ');
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected the column${missing.length > 1 ? 's' : ''} ${names} in ${path}, got ${got}.`,
    help:
      'Name the columns with these options, or rename them: filepath and title are the columns of paths and captions ' +
      'where no option names others.',
  });
}
