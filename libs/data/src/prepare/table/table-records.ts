import { tableRecordBytesMax } from '#protocol/input/input-limits.js';
import { isImageName } from '../../image/image-formats.js';
import type { TextEncodingLabel } from '../text-encoding.js';
import { lineQueue, type LineQueue } from './line-queue.js';
import { plainCell, rowReader, withoutReturn, type RowState } from './row-reader.js';
import {
  firstCells,
  namedSeparator,
  separatorName,
  tableForm,
  type TableForm,
  type TableOptions,
} from './table-form.js';
import { tableLines, type TableLine } from './table-lines.js';

/** A row of a table, or why it cannot be read, and the line where it starts. The heading is the first row. */
export type TableRecord =
  | { readonly kind: 'row'; readonly line: number; readonly cells: readonly string[] }
  | { readonly kind: 'bad row'; readonly line: number; readonly reason: string };

export interface RecordOptions extends TableOptions {
  readonly encoding?: TextEncodingLabel | undefined;
  /** Are these cells the heading that is looked for? */
  readonly isHeading?: (cells: readonly string[]) => boolean;
  /** Takes a sentence for each thing that was guessed. */
  readonly say?: (sentence: string) => void;
}

/**
 * Yields the rows of a CSV or TSV file, the heading first. A tab anywhere in the first line makes it a TSV, as in
 * open_clip; else the separator is a comma, or what `tableForm` finds. A line `sep=;` before the heading names it, and
 * comments (`#`) before the heading are passed over.
 *
 * A CSV has quotation marks as in RFC 4180. A TSV has none, unless those of its heading say so: there a mark is a mark.
 * But pandas and Python's csv quote a single cell of a TSV that holds a mark, a tab or a line end. Such a cell is read
 * as they wrote it where that can be told; see `rowOfLines`.
 *
 * A row with more or fewer cells than the first is bad: nobody can tell which cells belong together. So is one whose
 * quotation marks are not closed or end within a cell. After a bad row reading goes on at the next line.
 */
export async function* tableRecords(
  bytes: AsyncIterable<Uint8Array>,
  options: RecordOptions = {},
): AsyncGenerator<TableRecord> {
  const { isHeading = () => false, say = () => undefined } = options;
  const lines = lineQueue(tableLines(bytes, options.encoding));
  let form: TableForm | undefined;
  let columns: number | undefined;
  let { separator } = options;
  let comments = 0;
  for (let line = await lines.next(); line; line = await lines.next()) {
    if (line.kind === 'unreadable') yield { kind: 'bad row', line: line.number, reason: line.reason };
    else if (withoutReturn(line.text) !== '') {
      const named: string | undefined = form ? undefined : namedSeparator(line.text);
      if (named !== undefined) separator ??= named;
      else if (form) yield await recordAt(line, lines, { ...form, columns });
      else {
        const found = tableForm(line.text, { ...options, separator }, isHeading);
        if (line.text.startsWith('#') && !isHeading(firstCells(withoutReturn(line.text), found))) comments++;
        else {
          form = found;
          // The marks around the names of a heading are no part of them.
          const isQuoted = found.isQuoted || (options.hasHeading ?? true);
          const record = await recordAt(line, lines, { ...form, isQuoted, columns });
          if (record.kind === 'row') columns = record.cells.length;
          if (comments > 0) say(`${comments} line${comments > 1 ? 's' : ''} of comments (#) before the first row`);
          if (options.separator === undefined && ![',', '\t'].includes(form.separator))
            say(`separator ${separatorName(form.separator)}`);
          yield record;
        }
      }
    }
  }
}

/** The number of cells is that of the first row, which may have any. */
interface RowForm extends TableForm {
  readonly columns: number | undefined;
}

type TextLine = Extract<TableLine, { kind: 'text' }>;

async function recordAt(line: TextLine, lines: LineQueue, form: RowForm): Promise<TableRecord> {
  const read = await linesOfRow(line, lines, form);
  const row = rowOfLines(read, form);
  lines.putBack(read.taken.slice(row.lines));
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
function rowOfLines({ taken, state, cells: all }: LinesOfRow, form: RowForm): RowOfLines {
  const { separator, isQuoted, columns } = form;
  const lines = taken.map(({ text }) => withoutReturn(text));
  const { length } = lines;
  const quoted = state === 'whole' ? fitted(all, columns) : undefined;
  if (isQuoted) {
    if (state !== 'whole') return { lines: 1, reason: length === 1 && state === 'malformed' ? malformed : notClosed };
    if (lines.some((line, at) => at > 0 && isRowItself(line, form)))
      return { lines: 1, reason: 'A quotation mark is closed only on a later line, with whole rows between.' };
    return quoted ? { lines: length, cells: quoted } : { lines: length, reason: otherCount(all.length, form) };
  }
  const plain = lines.map((line) => fitted(line.split(separator), columns));
  const [first] = plain;
  if (length > 1) {
    const rows = plain.filter((cells) => cells !== undefined).length;
    const isOneRow = rows === 0 || (rows === 1 && (first ?? plain.at(-1)) !== undefined);
    if (quoted && isOneRow) return { lines: length, cells: quoted };
    if (first && quoted && rows < length)
      return { lines: 1, reason: 'A quotation mark begins a cell; whether the next lines belong to it is unclear.' };
  }
  const cells = first?.map(plainCell) ?? (length === 1 ? quoted : undefined);
  return cells ? { lines: 1, cells } : { lines: 1, reason: otherCount(lines[0]!.split(separator).length, form) };
}

/** Is a line within a quoted cell a whole row of the table, with a picture? */
function isRowItself(line: string, { separator, columns }: RowForm): boolean {
  const cells = line.split(separator);
  return fitted(cells, columns) !== undefined && cells.some(isImageName);
}

/** The cells of a row if there are as many as columns; empty ones at its end do not count. */
function fitted(cells: readonly string[], columns = cells.length): readonly string[] | undefined {
  return cells.length >= columns && cells.slice(columns).every((cell) => cell === '')
    ? cells.slice(0, columns)
    : undefined;
}

function otherCount(cells: number, { separator, columns = 0 }: RowForm): string {
  const help =
    cells < columns
      ? ''
      : separator === '\t'
        ? '; a caption cannot hold a tab'
        : `; write a caption with ${separatorNames[separator] ?? separator} in quotation marks: "…"`;
  return `The row has ${cells} cell${cells === 1 ? '' : 's'}, the heading ${columns}${help}.`;
}

const separatorNames: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '|': 'bars' };

const notClosed = 'A quotation mark is not closed. Close it, or write a mark within a cell twice: "".';
const malformed =
  'A quotation mark ends within a cell. Write a mark within a quoted cell twice (""), or name the character that ' +
  "stands before it: --escape '\\'.";

interface LinesOfRow {
  readonly taken: readonly TextLine[];
  readonly state: RowState;
  readonly cells: readonly string[];
}

/**
 * The lines up to the one where the quotation mark that is open at the end of the first is closed. If it is not closed
 * within the limit of a row, all lines that were looked at.
 */
async function linesOfRow(first: TextLine, lines: LineQueue, form: TableForm): Promise<LinesOfRow> {
  const row = rowReader(form);
  const taken = [first];
  let state = row.push(first.text);
  for (let characters = first.text.length; state === 'open';) {
    const next = await lines.next();
    if (next?.kind !== 'text') {
      if (next) lines.putBack([next]);
      break;
    }
    taken.push(next);
    characters += next.text.length;
    state = characters > tableRecordBytesMax ? 'malformed' : row.push(next.text);
  }
  return { taken, state, cells: row.cells };
}
