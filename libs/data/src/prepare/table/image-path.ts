import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shownName, shownNames } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readImageFile } from '../image-file.js';

/** Where the pictures of a table are. */
export interface ImagePlace {
  /** Of the table. */
  readonly path: string;
  readonly imageFolder?: string | undefined;
}

/** Ways to write a path that programs elsewhere have, and how they are undone. */
const respellings: readonly { readonly what: string; readonly read: (path: string) => string }[] = [
  { what: 'spaces around it left away', read: (path) => path.trim() },
  { what: '\\ read as /', read: (path) => path.replaceAll('\\', '/') },
  { what: '%20 and the like decoded', read: decoded },
  { what: 'letters with accents composed otherwise', read: (path) => path.normalize('NFC') },
  { what: 'letters with accents composed otherwise', read: (path) => path.normalize('NFD') },
];

/**
 * Reads the picture that a cell names: a path, absolute or relative, or a file: URL. A path that leads nowhere is read
 * as it would be spelled here, if one file fits. Throws what readImageFile throws, and DATA_INVALID for an address.
 */
export async function readTableImage(
  cell: string,
  place: ImagePlace,
): Promise<{ readonly image: Uint8Array; readonly changes: readonly string[] }> {
  const base = place.imageFolder ?? dirname(place.path);
  const path = resolve(base, pathOf(cell));
  try {
    return { image: await readImageFile(path), changes: [] };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    const found = await respelled(base, pathOf(cell));
    if (found.size === 0) {
      if (/^[a-z]:[\\/]/i.test(cell.trim())) throw invalid('There is no such file: it is a path of another computer.');
      throw thrown;
    }
    if (found.size > 1)
      throw invalid(`There is no such file, and more than one may be meant: ${shownNames([...found.keys()])}.`);
    const [[other, what] = [path, '']] = found;
    return { image: await readImageFile(other), changes: [`path respelled: ${what}`] };
  }
}

/** Files that are there when a path is spelled otherwise, and what was done. */
async function respelled(base: string, path: string): Promise<Map<string, string>> {
  let spellings = new Map([[path, [] as string[]]]);
  for (const { what, read } of respellings) {
    const more = new Map(spellings);
    for (const [spelling, done] of spellings) if (!more.has(read(spelling))) more.set(read(spelling), [...done, what]);
    spellings = more;
  }
  const found = new Map<string, string>();
  for (const [spelling, done] of spellings)
    if (done.length > 0 && (await isFile(resolve(base, spelling)))) found.set(resolve(base, spelling), done.join(', '));
  return found;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function pathOf(cell: string): string {
  const [, scheme] = /^\s*([a-z][a-z0-9+.-]*):\/\//i.exec(cell) ?? [];
  if (scheme === undefined && !/^\s*data:/i.test(cell)) return cell;
  if (scheme?.toLowerCase() !== 'file')
    throw invalid(
      'It is a URL, and nothing is fetched: fetch the pictures first with `tandem dataset download`, and ' +
        'prepare what it writes.',
    );
  try {
    return fileURLToPath(cell.trim());
  } catch {
    throw invalid(`It is no file: URL of this computer: ${shownName(cell)}`);
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function invalid(message: string): TandemError {
  return new TandemError({ code: ErrorCode.DataInvalid, message });
}
