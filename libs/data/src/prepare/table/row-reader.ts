/** How cells are told apart. */
export interface CellForm {
  readonly separator: string;
  /** Stands before a quotation mark, a separator, a line end or itself where it is no end of anything. */
  readonly escape?: string | undefined;
}

/**
 * What a row is after a line of it: whole; open, in a cell that goes on in the next line; or malformed, so that nobody
 * can tell where its cells end.
 */
export type RowState = 'whole' | 'open' | 'malformed';

/** Takes apart one row, line by line. */
export interface RowReader {
  /** A line without its line feed. To be called while the row is open. */
  push(line: string): RowState;
  /** Of a whole row. */
  readonly cells: readonly string[];
}

const mark = '"';

/**
 * Quotation marks are as in RFC 4180: a mark opens a quoted cell only where a cell begins, the cell ends at the next
 * mark that is not doubled, and then comes a separator or the end of the row. A mark elsewhere is a mark. Without an
 * escape character a row that has escaped marks all the same is malformed: reading it would cut a caption.
 */
export function rowReader({ separator, escape }: CellForm): RowReader {
  const cells: string[] = [];
  let cell = '';
  let isQuoted = false;
  let hasEscapedEnd = false;
  let hasStrayMark = false;

  /** Reads on in a quoted cell; gives the place after its closing mark, or −1. */
  function quoted(line: string, from: number): number {
    for (let at = from; at < line.length; at++) {
      const character = line[at]!;
      if (character === escape && isSpecial(line[at + 1])) cell += line[++at] ?? '';
      else if (character !== mark) cell += character;
      else if (line[at + 1] === mark) cell += line[++at]!;
      else return at + 1;
    }
    return -1;
  }

  /** Reads an unquoted cell; gives the place of the separator after it, the line's length, or −1 if it goes on. */
  function plain(line: string, from: number): number {
    if (escape === undefined) {
      const found = line.indexOf(separator, from);
      const end = found < 0 ? line.length : found;
      cell += line.slice(from, end);
      return end;
    }
    for (let at = from; at < line.length; at++) {
      const character = line[at]!;
      if (character === separator) return at;
      if (character !== escape || !isSpecial(line[at + 1])) cell += character;
      else if (at + 1 === line.length) return -1;
      else cell += line[++at]!;
    }
    return line.length;
  }

  function isSpecial(next: string | undefined): boolean {
    return next === undefined || next === mark || next === separator || next === escape;
  }

  function finish(): void {
    cells.push(cell);
    cell = '';
    isQuoted = false;
  }

  function push(whole: string): RowState {
    const line = withoutReturn(whole);
    for (let at = 0; ; at++) {
      if (!isQuoted && cell === '' && line[at] === mark) {
        isQuoted = true;
        at++;
      }
      const end = isQuoted ? quoted(line, at) : plain(line, at);
      if (end < 0) {
        cell += `${whole.slice(line.length)}\n`;
        return 'open';
      }
      if (isQuoted && end < line.length && line[end] !== separator) return 'malformed';
      if (isQuoted) hasEscapedEnd ||= cell.endsWith('\\');
      else {
        if (escape === undefined && cell.includes('\\"')) return 'malformed';
        hasStrayMark ||= cell.includes(mark);
      }
      finish();
      if (end >= line.length) break;
      at = end;
    }
    return escape === undefined && hasEscapedEnd && hasStrayMark ? 'malformed' : 'whole';
  }

  return { push, cells };
}

/** A line without the carriage return that is part of its end. */
export function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/**
 * A cell of a table that has no quoting, unless a writer had to quote this cell. pandas and Python's csv quote a cell
 * of a TSV only if it holds a mark, a tab or a line end, and double each mark.
 */
export function plainCell(cell: string): string {
  if (cell.length < 4 || !cell.startsWith(mark) || !cell.endsWith(mark)) return cell;
  const inner = cell.slice(1, -1);
  return inner.includes('""') && !inner.replaceAll('""', '').includes(mark) ? inner.replaceAll('""', mark) : cell;
}
