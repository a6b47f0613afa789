import { captionLanguages } from '../../text/caption-language.js';
import type { SourceReport } from '../source-sample.js';
import { laterRows } from './later-rows.js';
import { pictureRows, type PairRow, type UnusableRow } from './picture-rows.js';
import { tableRows, type PairTable } from './table-rows.js';

/** A picture of a table, with what all of its rows say. */
export interface TablePicture {
  readonly kind: 'picture';
  readonly path: string;
  readonly captions: readonly string[];
  readonly group: string | undefined;
  /** The picture itself, where it is in the table. */
  readonly image?: Uint8Array | undefined;
}

/**
 * Yields the pictures of a table, in the order in which they first appear. All rows of a picture are captions of one
 * pair, wherever they stand: the table is read twice. A row that cannot be read, or gives its picture another group
 * than the first, is unusable.
 */
export async function* tablePictures(
  table: PairTable,
  report: SourceReport,
): AsyncGenerator<TablePicture | UnusableRow> {
  const later = laterRows();
  const isWanted = await languageFilter(table.languages);
  try {
    for await (const picture of pictureRows(tableRows(table, { ...report, reached: () => undefined })))
      if (picture.kind === 'picture') await later.note(picture);
    for await (const picture of pictureRows(tableRows(table, { ...report, say: () => undefined }))) {
      if (picture.kind === 'unusable') yield picture;
      else {
        const rest = await later.take(picture.path);
        if (rest) yield* pictureOf(picture.path, [...picture.rows, ...rest], isWanted);
      }
    }
  } finally {
    await later.close();
  }
}

/** Is a caption of a language that is wanted? */
async function languageFilter(languages: readonly string[] | undefined): Promise<(caption: string) => boolean> {
  if (!languages) return () => true;
  const languageOf = await captionLanguages();
  return (caption) => languages.includes(languageOf(caption) ?? '');
}

function* pictureOf(
  path: string,
  rows: readonly PairRow[],
  isWanted: (caption: string) => boolean,
): Generator<TablePicture | UnusableRow> {
  const { group, line: first, image } = rows[0]!;
  const captions = rows.filter((row) => row.group === group).map(({ caption }) => caption);
  const wanted = captions.filter(isWanted);
  if (wanted.length === 0 && captions.length > 0)
    yield { kind: 'unusable', line: first, reason: 'No caption in a language that is asked for (--language).' };
  else yield { kind: 'picture', path, captions: wanted, group, image };
  for (const { group: other, line } of rows)
    if (other !== group)
      yield { kind: 'unusable', line, reason: `Another group than in line ${first}, which is of the same picture.` };
}
