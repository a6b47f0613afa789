import { imageCaptionsMax } from '#protocol/input/input-limits.js';

/** What a row says of a picture. */
export interface PairRow {
  /** The cell with the path, which is also how people find the picture. */
  readonly path: string;
  readonly caption: string;
  readonly group: string | undefined;
  readonly line: number;
  /** The picture itself, where it is in the table. */
  readonly image?: Uint8Array;
}

/** Rows of one picture that follow one another. */
export interface PictureRows {
  readonly kind: 'picture';
  readonly path: string;
  /** At most one more than the captions that a picture may have. */
  readonly rows: PairRow[];
}

/** A row that cannot be used. */
export interface UnusableRow {
  readonly kind: 'unusable';
  readonly line: number;
  readonly reason: string;
}

/** Joins the rows of a picture that follow one another. */
export async function* pictureRows(
  rows: AsyncIterable<({ readonly kind: 'row' } & PairRow) | UnusableRow>,
): AsyncGenerator<PictureRows | UnusableRow> {
  let current: PictureRows | undefined;
  for await (const row of rows) {
    if (row.kind === 'row' && row.path === current?.path) {
      if (current.rows.length <= imageCaptionsMax) current.rows.push(row);
      continue;
    }
    if (current) yield current;
    current = row.kind === 'row' ? { kind: 'picture', path: row.path, rows: [row] } : undefined;
    if (row.kind === 'unusable') yield row;
  }
  if (current) yield current;
}
