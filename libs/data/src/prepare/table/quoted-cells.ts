import { parse } from 'csv-parse/sync';

/** Whether a quotation mark is open at the end of a line; malformed: one from an earlier line ends within a cell. */
export type QuoteState = 'closed' | 'open' | 'malformed';

/**
 * Follows the quotation marks of a line by the rules of csv-parse: a mark opens a quoted cell only where a cell begins,
 * and the cell ends at the next mark that is not doubled. On one line a cell that goes on after that mark is taken as
 * it stands. `isOpen`: the line begins within a quoted cell.
 */
export function quoteStateAfter(line: string, delimiter: string, isOpen = false): QuoteState {
  let at = 0;
  let isFromBefore = isOpen;
  for (let isQuoted = isOpen; ; isQuoted = false, isFromBefore = false) {
    if (!isQuoted && line[at] === '"') {
      isQuoted = true;
      at++;
    }
    if (isQuoted) {
      at = closingQuote(line, at);
      if (at < 0) return 'open';
      at++;
      if (isFromBefore && at < line.length && line[at] !== delimiter) return 'malformed';
    }
    at = line.indexOf(delimiter, at) + 1;
    if (at === 0) return 'closed';
  }
}

/** The place of the next quotation mark that is not doubled, or −1. */
function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 2)) if (line[at + 1] !== '"') return at;
  return -1;
}

/** csv-parse wants an end of rows. This is given one row at a time, in which line ends are part of a cell. */
const noRecordEnd = '\0\ue000\0\ue000\0';

/** The cells of a row whose quotation marks are closed. */
export function quotedCells(row: string, delimiter: string): string[] {
  if (!row.includes('"')) return row.split(delimiter);
  const [cells = []] = parse(row, {
    delimiter,
    record_delimiter: noRecordEnd,
    relax_quotes: true,
    relax_column_count: true,
  });
  return cells;
}

/**
 * A cell of a table that has no quoting, unless a writer had to quote this cell. pandas and Python's csv quote a cell
 * of a TSV only if it holds a mark, a tab or a line end, and double each mark.
 */
export function plainCell(cell: string): string {
  if (cell.length < 4 || !cell.startsWith('"') || !cell.endsWith('"')) return cell;
  const inner = cell.slice(1, -1);
  return inner.includes('""') && !inner.replaceAll('""', '').includes('"') ? inner.replaceAll('""', '"') : cell;
}
