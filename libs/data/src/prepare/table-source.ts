import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'csv-parse';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { SampleSource, SourcePair, SourceSample } from './source-sample.js';

/** A CSV or TSV file with a row for each caption; open_clip's column names unless others are given. */
export interface TableSource {
  readonly kind: 'table';
  readonly path: string;
  readonly imageColumn?: string;
  readonly captionColumn?: string;
  readonly groupColumn?: string;
}

/** Rows that follow one another and name the same image are captions of one pair. Image paths start at the table's folder. */
export async function* tableSamples({ path, imageColumn = 'filepath', captionColumn = 'title', groupColumn }: TableSource): SampleSource {
  let last: { sample: SourceSample; captions: string[] } | undefined;
  for await (const row of rowsOf(path, [imageColumn, captionColumn, ...(groupColumn === undefined ? [] : [groupColumn])])) {
    const origin = row[imageColumn] ?? '';
    const caption = row[captionColumn] ?? '';
    if (last?.sample.origin === origin) {
      last.captions.push(caption);
      continue;
    }
    if (last) yield last.sample;
    const captions = [caption];
    const group = groupColumn === undefined ? undefined : row[groupColumn];
    const read = async (): Promise<SourcePair> => {
      const image = await readFile(resolve(dirname(path), origin));
      return { image, captions, ...(group ? { group } : {}) };
    };
    last = { sample: { origin, read }, captions };
  }
  if (last) yield last.sample;
}

async function* rowsOf(path: string, columns: readonly string[]): AsyncGenerator<Readonly<Record<string, string>>> {
  const delimiter = await delimiterOf(path);
  const parser = parse({ delimiter, bom: true, columns: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true });
  const file = createReadStream(path).on('error', (cause) => parser.destroy(cause));
  let isFirst = true;
  for await (const row of file.pipe(parser) as AsyncIterable<Record<string, string>>) {
    const missing = isFirst ? columns.filter((column) => !(column in row)) : [];
    if (missing.length > 0) {
      throw new TandemError({
        code: ErrorCode.DataInvalid,
        message: `Expected the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')} in ${path}, got ${Object.keys(row).join(', ')}.`,
        help: 'Name the columns of the image paths and captions, or rename them to filepath and title.',
      });
    }
    isFirst = false;
    yield row;
  }
}

/** Tab where the first line has one, as open_clip's tables do; else comma. */
async function delimiterOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    for await (const line of file.readLines()) return line.includes('\t') ? '\t' : ',';
    return ',';
  } finally {
    await file.close();
  }
}
