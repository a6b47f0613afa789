import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's root; this file is compiled to dist/test/support/. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface SourceFile {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Folders that hold no sources: installed packages, compiled files and results. */
const ignoredFolders: ReadonlySet<string> = new Set(['node_modules', 'dist', 'out', '.git']);

/** Every TypeScript file below the given folders of the repository. */
export function sourceFiles(...folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) => filesBelow(folder, /\.tsx?$/));
}

/** Every file of the repository with code in it, scripts and configuration too. */
export function codeFiles(): SourceFile[] {
  return filesBelow('', /\.(tsx?|mjs|cjs|js|css)$/);
}

/** Every Markdown file of the repository. */
export function pages(): SourceFile[] {
  return filesBelow('', /\.md$/);
}

function filesBelow(folder: string, wanted: RegExp): SourceFile[] {
  const at = join(root, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) => {
    const path = join(at, entry.name);
    const inRoot = relative(root, path).split(sep).join('/');
    if (entry.isDirectory()) return ignoredFolders.has(entry.name) ? [] : filesBelow(inRoot, wanted);
    return entry.isFile() && wanted.test(entry.name) ? [{ path: inRoot, text: readFileSync(path, 'utf8') }] : [];
  });
}
