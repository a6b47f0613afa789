import { isImageName } from '../../image/image-formats.js';
import { rowReader, withoutReturn } from './row-reader.js';

/** What people say of a table's form. What they leave out is found. */
export interface TableOptions {
  readonly separator?: string | undefined;
  /** The character before a quotation mark that ends no cell, where it is not another mark. */
  readonly escape?: string | undefined;
  /** True if left out. */
  readonly hasHeading?: boolean | undefined;
}

/** How the cells of a table are told apart. */
export interface TableForm {
  readonly separator: string;
  readonly escape: string | undefined;
  /** Do quotation marks have a meaning everywhere? */
  readonly isQuoted: boolean;
}

/** Tried in this order where a line has no tab, which alone makes a TSV, as in open_clip. */
const separators = [',', ';', '|'];

/** The separator that Excel's first line names: `sep=;`. */
export function namedSeparator(line: string): string | undefined {
  return /^\s*"?sep=(.)"?\s*$/i.exec(line)?.[1];
}

/**
 * The form of a table by its first row. Of several separators the first with which `isRight` accepts the cells is
 * taken: the heading has the columns that are read. Else it is the one that makes the most cells.
 */
export function tableForm(
  firstLine: string,
  { separator, escape, hasHeading = true }: TableOptions,
  isRight: (cells: readonly string[]) => boolean,
): TableForm {
  const line = withoutReturn(firstLine);
  const cellsBy = (one: string): readonly string[] => firstCells(line, { separator: one, escape });
  const rank = (one: string): number => {
    const cells = cellsBy(one);
    const isFitting = hasHeading ? isRight(cells) : cells.length > 1 && cells.some(isImageName);
    return isFitting ? Infinity : cells.length;
  };
  const found =
    separator ?? (line.includes('\t') ? '\t' : separators.reduce((best, one) => (rank(one) > rank(best) ? one : best)));
  // A TSV has no quoting unless its first line, or an escape character, says so.
  const isQuoted =
    found !== '\t' || escape !== undefined || line.split('\t').every((cell) => /^".*"$/.test(cell.trim()));
  return { separator: found, escape, isQuoted };
}

/** The cells of a line, as far as its row is on it. */
export function firstCells(line: string, form: Pick<TableForm, 'separator' | 'escape'>): readonly string[] {
  const row = rowReader(form);
  return row.push(line) === 'whole' ? row.cells : line.split(form.separator);
}

/** A separator in words. */
export function separatorName(separator: string): string {
  return separator === '\t' ? 'tab' : separator;
}
