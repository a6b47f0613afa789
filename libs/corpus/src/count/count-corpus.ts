import { tableLines } from '#data/prepare/table/table-lines.js';
import type { TextEncodingLabel } from '#data/prepare/text-encoding.js';
import type { CorpusFile } from '../source/corpus-files.js';
import { fileBytes } from '#data/prepare/file-bytes.js';
import type { LeftOutBook } from '../source/left-out.js';
import { dumpPages } from '../source/media-wiki-dump.js';
import { pageViews, type PageViewOptions } from '../source/page-views.js';
import { textOfWikitext } from '../source/wikitext.js';
import type { CorpusCounter } from './corpus-counter.js';
import { countsHeader, readCounts } from './counts-file.js';

export interface CountOptions extends PageViewOptions {
  readonly ignoreCase: boolean;
  /** Of plain text; UTF-8 if left out. */
  readonly encoding?: TextEncodingLabel | undefined;
}

/** A file that is being read, and how much of it has been. */
export type CountProgress = (path: string, share: number) => void;

/** Counts the files of a corpus, and files of page views. What cannot be read of them is entered in the book. */
export async function countCorpus(
  counter: CorpusCounter,
  { files, viewFiles }: { readonly files: readonly CorpusFile[]; readonly viewFiles: readonly string[] },
  options: CountOptions,
  book: LeftOutBook,
  onProgress: CountProgress = () => undefined,
): Promise<void> {
  for (const { kind, path } of files) {
    const onRead = (share: number): void => onProgress(path, share);
    if (kind === 'text') await countText(counter, path, options, book, onRead);
    else if (kind === 'dump') await countDump(counter, path, book, onRead);
    else counter.include(readCounts(path, countsHeader(options.ignoreCase)));
  }
  for (const path of viewFiles)
    for await (const { title, views } of pageViews(path, options, book)) {
      counter.views(title, views);
      await counter.settle();
    }
}

async function countText(
  counter: CorpusCounter,
  path: string,
  { encoding }: CountOptions,
  book: LeftOutBook,
  onRead: (share: number) => void,
): Promise<void> {
  for await (const line of tableLines(fileBytes(path, onRead), encoding)) {
    if (line.kind === 'unreadable') book.add(line.reason, `${path}, line ${line.number}`);
    else counter.line(line.text);
    await counter.settle();
  }
}

/** Counts the articles: pages of the namespace 0 that are no redirects. */
async function countDump(
  counter: CorpusCounter,
  path: string,
  book: LeftOutBook,
  onRead: (share: number) => void,
): Promise<void> {
  for await (const { title, namespace, isRedirect, text, dropped } of dumpPages(path, onRead)) {
    if (namespace !== '0') book.add('pages that are no articles', title);
    else if (isRedirect) book.add('redirects', title);
    else {
      counter.article(title);
      for (const line of textOfWikitext(text, dropped).split('\n')) if (line !== '') counter.line(line);
    }
    await counter.settle();
  }
}
