import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { LeftOutBook } from './left-out.js';

/** A file of a corpus: plain text, a MediaWiki dump, or counts of a part. */
export interface CorpusFile {
  readonly kind: 'text' | 'dump' | 'counts';
  readonly path: string;
}

const endings: readonly (readonly [CorpusFile['kind'], RegExp])[] = [
  ['text', /\.(txt|text|md)(\.gz|\.bz2)?$/i],
  ['dump', /\.xml(-p\d+p\d+)?(\.gz|\.bz2)?$/i],
  ['counts', /\.counts(\.gz)?$/i],
];

/**
 * The files that paths name, those of folders at any depth in the order of their names. Files of a folder that are no
 * text are left out and counted. Throws NOT_FOUND or CONFIG_INVALID where a path is nothing that can be read.
 */
export async function corpusFiles(paths: readonly string[], book: LeftOutBook): Promise<CorpusFile[]> {
  const files: CorpusFile[] = [];
  for (const path of paths) {
    const found = await stat(path).catch(() => undefined);
    if (!found) throw refusal(ErrorCode.NotFound, `expected ${path} to be there, found nothing`);
    if (!found.isDirectory()) {
      const kind = kindOf(path);
      if (!kind) throw refusal(ErrorCode.ConfigInvalid, `expected text, a dump or counts, got ${path}`);
      files.push({ kind, path });
    } else files.push(...(await filesOfFolder(path, book)));
  }
  return files;
}

async function filesOfFolder(folder: string, book: LeftOutBook): Promise<CorpusFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  return paths.sort().flatMap((path): CorpusFile[] => {
    const kind = kindOf(path);
    if (kind === 'text' || kind === 'dump') return [{ kind, path }];
    book.add('files of folders that are no text', path);
    return [];
  });
}

function kindOf(path: string): CorpusFile['kind'] | undefined {
  return endings.find(([, ending]) => ending.test(path))?.[0];
}

function refusal(code: ErrorCode, what: string): TandemError {
  return new TandemError({
    code,
    message: `Corpus: ${what}.`,
    help: 'It can be .txt, .text or .md, an .xml dump of MediaWiki, each also as .gz or .bz2, a folder, or .counts.',
  });
}
