import { tableRecordBytesMax } from '#protocol/input/input-limits.js';
import { isImageName } from '../../image/image-formats.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { plainCell, quotedCells, quoteStateAfter } from './quoted-cells.js';
import { tableLines, type TableLine } from './table-lines.js';

/** A row of a table, or why it cannot be read, and the line where it starts. The heading is the first row. */
export type TableRecord =
  | { readonly kind: 'row'; readonly line: number; readonly cells: readonly string[] }
  | { readonly kind: 'bad row'; readonly line: number; readonly reason: string };

/**
 * Yields the rows of a CSV or TSV file, the heading first. A tab anywhere in the first line makes it a TSV, as in
 * open_clip.
 *
 * A CSV has quotation marks as in RFC 4180. A TSV has none, unless those of its heading say so: there a mark is a mark.
 * But pandas and Python's csv quote a single cell of a TSV that holds a mark, a tab or a line end. Such a cell is read
 * as they wrote it where that can be told; see `rowOfLines`.
 *
 * A row with more or fewer cells than the heading is bad: nobody can tell which cells belong together. So is one whose
 * quotation mark is not closed. After a bad row reading goes on at the next line.
 */
export async function* tableRecords(
  bytes: AsyncIterable<Uint8Array>,
  encoding?: TextEncodingLabel,
): AsyncGenerator<TableRecord> {
  const lines = lineQueue(tableLines(bytes, encoding));
  let form: TableForm | undefined;
  for (let line = await lines.next(); line; line = await lines.next()) {
    if (line.kind === 'unreadable') yield { kind: 'bad row', line: line.number, reason: line.reason };
    else if (withoutReturn(line.text) !== '') {
      const record: TableRecord = form
        ? await recordAt(line, lines, form)
        : await headingAt(line, lines, line.text.includes('\t') ? '\t' : ',');
      if (!form && record.kind === 'row') form = formOf(line.text, record.cells);
      yield record;
    }
  }
}

interface TableForm {
  readonly delimiter: string;
  /** Do quotation marks have a meaning everywhere? */
  readonly isQuoted: boolean;
  readonly columns: number;
}

type TextLine = Extract<TableLine, { kind: 'text' }>;

function formOf(firstLine: string, heading: readonly string[]): TableForm {
  const delimiter = firstLine.includes('\t') ? '\t' : ',';
  const isQuoted = delimiter === ',' || firstLine.split(delimiter).every((cell) => /^".*"\r?$/.test(cell));
  return { delimiter, isQuoted, columns: heading.length };
}

/** The heading may have any number of cells. */
async function headingAt(line: TextLine, lines: LineQueue, delimiter: string): Promise<TableRecord> {
  const found = await linesOfRow(line, lines, delimiter);
  if (!found.isClosed) return { kind: 'bad row', line: line.number, reason: notClosed };
  return { kind: 'row', line: line.number, cells: quotedCells(joined(textsOf(found.taken)), delimiter) };
}

async function recordAt(line: TextLine, lines: LineQueue, form: TableForm): Promise<TableRecord> {
  const { taken, isClosed } = await linesOfRow(line, lines, form.delimiter);
  const row = rowOfLines(textsOf(taken), isClosed, form);
  lines.putBack(taken.slice(row.lines));
  return 'reason' in row
    ? { kind: 'bad row', line: line.number, reason: row.reason }
    : { kind: 'row', line: line.number, cells: row.cells };
}

type RowOfLines = { readonly lines: number } & ({ readonly cells: readonly string[] } | { readonly reason: string });

/**
 * The row that begins with the first of these lines. If there are several, a quotation mark is open at the end of each
 * but the last. They are one row if they make one and, line by line, none: of the lines of one row at most the first or
 * the last has as many cells as the heading. If every line is a row by itself, a TSV is read so. Otherwise nobody can
 * tell, and the row is refused.
 */
function rowOfLines(lines: readonly string[], isClosed: boolean, form: TableForm): RowOfLines {
  const { delimiter, isQuoted, columns } = form;
  const plain = lines.map((line) => fitted(withoutReturn(line).split(delimiter), columns));
  const quoted = isClosed ? fitted(quotedCells(joined(lines), delimiter), columns) : undefined;
  const [first] = plain;
  if (isQuoted) {
    if (!isClosed) return { lines: 1, reason: notClosed };
    if (lines.some((line, at) => at > 0 && plain[at] && namesImage(line, delimiter)))
      return { lines: 1, reason: 'A quotation mark is closed only on a later line, with whole rows between.' };
    const { length } = lines;
    return quoted ? { lines: length, cells: quoted } : { lines: length, reason: otherCount(joined(lines), form) };
  }
  if (lines.length > 1) {
    const rows = plain.filter((cells) => cells !== undefined).length;
    const isOneRow = rows === 0 || (rows === 1 && (first ?? plain.at(-1)) !== undefined);
    if (quoted && isOneRow) return { lines: lines.length, cells: quoted };
    if (first && quoted && rows < lines.length)
      return { lines: 1, reason: 'A quotation mark begins a cell; whether the next lines belong to it is unclear.' };
  }
  const cells = first?.map(plainCell) ?? (lines.length === 1 ? quoted : undefined);
  return cells ? { lines: 1, cells } : { lines: 1, reason: otherCount(lines[0]!, form) };
}

/** The cells of a row if there are as many as columns; empty ones at its end do not count. */
function fitted(cells: readonly string[], columns: number): readonly string[] | undefined {
  return cells.length >= columns && cells.slice(columns).every((cell) => cell === '')
    ? cells.slice(0, columns)
    : undefined;
}

function otherCount(row: string, { delimiter, isQuoted, columns }: TableForm): string {
  const text = withoutReturn(row);
  const cells = isQuoted ? quotedCells(text, delimiter) : text.split(delimiter);
  const help =
    cells.length < columns
      ? ''
      : delimiter === ','
        ? '; write a caption with commas in quotation marks: "…"'
        : '; a caption cannot hold a tab';
  return `The row has ${cells.length} cell${cells.length === 1 ? '' : 's'}, the heading ${columns}${help}.`;
}

const notClosed = 'A quotation mark is not closed.';

/**
 * The lines up to the one where the quotation mark that is open at the end of the first is closed. If it is not closed
 * within the limit of a row, all lines that were looked at.
 */
async function linesOfRow(
  first: TextLine,
  lines: LineQueue,
  delimiter: string,
): Promise<{ readonly taken: readonly TextLine[]; readonly isClosed: boolean }> {
  const taken = [first];
  let state = quoteStateAfter(withoutReturn(first.text), delimiter);
  for (let characters = first.text.length; state === 'open';) {
    const next = await lines.next();
    if (next?.kind !== 'text') {
      if (next) lines.putBack([next]);
      return { taken, isClosed: false };
    }
    taken.push(next);
    characters += next.text.length;
    state = characters > tableRecordBytesMax ? 'malformed' : quoteStateAfter(withoutReturn(next.text), delimiter, true);
  }
  return { taken, isClosed: state === 'closed' };
}

/** Lines in order, of which some can be put back. */
interface LineQueue {
  next(): Promise<TableLine | undefined>;
  putBack(lines: readonly TableLine[]): void;
}

function lineQueue(lines: AsyncGenerator<TableLine>): LineQueue {
  /** The next line is the last one. */
  const waiting: TableLine[] = [];
  return {
    async next() {
      const line = waiting.pop();
      if (line) return line;
      const next = await lines.next();
      return next.done ? undefined : next.value;
    },
    putBack(back) {
      for (const line of back.toReversed()) waiting.push(line);
    },
  };
}

function textsOf(lines: readonly TextLine[]): string[] {
  return lines.map(({ text }) => text);
}

function joined(lines: readonly string[]): string {
  return withoutReturn(lines.join('\n'));
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

function namesImage(line: string, delimiter: string): boolean {
  return withoutReturn(line).split(delimiter).some(isImageName);
}
