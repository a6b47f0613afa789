import { tableLines } from '#data/prepare/table/table-lines.js';
import { shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fileBytes } from '#data/prepare/file-bytes.js';
import type { LeftOutBook } from './left-out.js';

export interface PageViewOptions {
  /** Which wiki's views count: `en` for the English Wikipedia. */
  readonly wiki: string;
  /** Lines with fewer views are left out, as MetaCLIP leaves out hours with fewer than 50. */
  readonly lineViewsMin: number;
}

export interface PageView {
  readonly title: string;
  readonly views: number;
}

/**
 * Yields the page views of a file of Wikimedia: hourly ones (`en Some_title 12 0`) or those of a day
 * (`en.wikipedia Some_title 1234 desktop 12 A1B11`). Lines that are neither are left out and counted; throws
 * DATA_INVALID where no line is one.
 */
export async function* pageViews(
  path: string,
  { wiki, lineViewsMin }: PageViewOptions,
  book: LeftOutBook,
): AsyncGenerator<PageView> {
  const wikis = new Set([wiki, `${wiki}.m`, `${wiki}.wikipedia`]);
  let first: string | undefined;
  let isKnown = false;
  for await (const line of tableLines(fileBytes(path))) {
    if (line.kind === 'unreadable') {
      book.add(line.reason, `${path}, line ${line.number}`);
      continue;
    }
    if (line.text === '') continue;
    first ??= line.text;
    const cells = line.text.split(' ');
    const views = Number(cells.length === 6 ? cells[4] : cells[2]);
    if ((cells.length !== 6 && cells.length !== 4 && cells.length !== 3) || !Number.isSafeInteger(views) || views < 0) {
      book.add('lines that are no page views', `${path}, line ${line.number}`);
      continue;
    }
    isKnown = true;
    if (wikis.has(cells[0]!) && views >= lineViewsMin) yield { title: cells[1]!.replaceAll('_', ' '), views };
  }
  if (isKnown) return;
  throw new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Expected lines of wiki, title and views in ${path}, such as "en Some_title 12 0", got ` +
      (first === undefined ? 'an empty file.' : `"${shownName(first)}".`),
    help: "Name files of Wikimedia's pageviews or pageview_complete.",
  });
}
