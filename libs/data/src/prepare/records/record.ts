/** A value of a row: a text, several texts, or the bytes of a picture. */
export type Cell = string | readonly string[] | Uint8Array;

/** A row of a file of pairs, or why it cannot be read, and its number. The heading is the first row. */
export type SourceRecord =
  | { readonly kind: 'row'; readonly line: number; readonly cells: readonly Cell[] }
  | { readonly kind: 'bad row'; readonly line: number; readonly reason: string };

/**
 * A value of JSON or Parquet as a cell. Numbers and booleans are texts; what is empty, or holds neither texts nor a
 * picture, is an empty text. A picture is as Hugging Face's data sets have it: `{ bytes, path }`, of which bytes go
 * first.
 */
export function cellOf(value: unknown): Cell {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'bigint':
    case 'boolean':
      return Number.isNaN(value) ? '' : String(value);
    case 'object':
      return value === null ? '' : cellOfObject(value);
    default:
      return '';
  }
}

function cellOfObject(value: object): Cell {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string');
  const { bytes, path } = value as { readonly bytes?: unknown; readonly path?: unknown };
  if (bytes instanceof Uint8Array) return bytes;
  return typeof path === 'string' ? path : '';
}

/** The texts of a cell. */
export function textsOf(cell: Cell | undefined): readonly string[] {
  if (cell === undefined) return [''];
  if (cell instanceof Uint8Array) return [Buffer.from(cell).toString('utf8')];
  return typeof cell === 'string' ? [cell] : cell;
}
