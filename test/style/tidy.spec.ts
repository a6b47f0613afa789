// Style rules that a program can check. A failing test lists every offender with its line.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { codeFiles, pages, root, sourceFiles, type SourceFile } from '../support/source-files.js';

const functionLinesMax = 80;
const stepLinesMax = 70;
const lineCharactersMax = 120;
const folderFilesMax = 15;

const trainingStepPath = 'apps/coordinator/src/training/training-step.ts';

const files = sourceFiles('apps', 'libs', 'test', 'bench');
const thisFile = 'test/style/tidy.spec.ts';
const product = files.filter(({ path }) => !path.endsWith('.spec.ts'));

describe('tidy', () => {
  it(`functions have at most ${functionLinesMax} lines`, () => {
    expect(product.flatMap(longFunctions)).toEqual([]);
  });

  it('the check finds a function that is too long, also inside another one', () => {
    const long = `function story() {\n${'  step();\n'.repeat(functionLinesMax)}}`;
    const text = `${long}\nfunction around() {\n${long}\n}`;
    const lines = functionLinesMax + 2;
    expect(longFunctions({ path: 'a.ts', text })).toEqual([
      `a.ts:1 story has ${lines} lines`,
      `a.ts:${lines + 2} story has ${lines} lines`,
    ]);
  });

  it('only the command line writes to the console', () => {
    expect(
      linesWith(
        /\bconsole\.\w+\(/,
        product.filter(({ path }) => !path.startsWith('apps/cli/')),
      ),
    ).toEqual([]);
  });

  it('no test is switched off, and none runs alone', () => {
    expect(linesWith(/\b(it|test|describe|suite)\.(only|skip|todo)\b/, files)).toEqual([]);
  });

  it('no notes to self, and no checker is silenced', () => {
    expect(linesWith(/\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)|eslint-disable/, files)).toEqual([]);
  });

  it('no folder has a name that says nothing', () => {
    const vague = new Set(['common', 'shared', 'utils', 'helpers', 'core', 'misc']);
    const folders = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf('/'))));
    expect([...folders].filter((folder) => folder.split('/').some((name) => vague.has(name)))).toEqual([]);
  });

  it('files are named in kebab-case', () => {
    expect(
      files
        .map(({ path }) => path)
        .filter((path) => !/^[a-z0-9-]+(\.[a-z-]+)*\.tsx?$/.test(path.slice(path.lastIndexOf('/') + 1))),
    ).toEqual([]);
  });

  it(`the training step is a page: under ${stepLinesMax} lines, without try, timer or log`, () => {
    const step = files.find(({ path }) => path === trainingStepPath);
    expect(step, trainingStepPath).toBeDefined();
    expect(step!.text.trimEnd().split('\n').length).toBeLessThan(stepLinesMax);
    expect(step!.text).not.toMatch(/\btry\s*\{|\bset(Timeout|Interval)\(|\.(info|warn|debug|log)\(/);
  });

  it(`lines have at most ${lineCharactersMax} characters`, () => {
    expect(codeFiles().flatMap(longLines)).toEqual([]);
  });

  it(`lines of pages have at most ${lineCharactersMax} characters, those of tables left out`, () => {
    expect(pages().map(withoutTables).flatMap(longLines)).toEqual([]);
  });

  it('the check counts characters, and spares a line that is a regular expression and nothing else', () => {
    const lines = ['θ'.repeat(120), 'θ'.repeat(121), `  /${'a'.repeat(120)}/gu,`, `  // ${'a'.repeat(120)}`];
    expect(longLines({ path: 'a.ts', text: lines.join('\n') })).toEqual([
      'a.ts:2 121 characters',
      'a.ts:4 125 characters',
    ]);
  });

  it(`folders hold at most ${folderFilesMax} source files of their own`, () => {
    const counts = new Map<string, number>();
    for (const { path } of codeFiles().filter((file) => !/\.spec\.ts$/.test(file.path))) {
      const folder = path.slice(0, Math.max(path.lastIndexOf('/'), 0));
      counts.set(folder, (counts.get(folder) ?? 0) + 1);
    }
    expect([...counts].filter(([, count]) => count > folderFilesMax)).toEqual([]);
  });

  it.each(['ARCHITECTURE.md', 'README.md'])('every TypeScript file and #lib/... path that %s names exists', (page) => {
    expect(namedPaths(readFileSync(join(root, page), 'utf8')).filter((path) => !isThere(path))).toEqual([]);
  });

  it('the check finds named paths, and misses the ones that do not exist', () => {
    const text = 'See `pool/pool-decision.ts`, `gone.ts`, #data/text/tokenizer.js and #model/gone.js, not c.tsx.';
    expect(namedPaths(text).filter((path) => !isThere(path))).toEqual(['gone.ts', '#model/gone.js']);
  });
});

/** A line that is only a regular expression is spared, because it cannot be broken. */
function longLines({ path, text }: SourceFile): string[] {
  return text.split('\n').flatMap((line, at) => {
    const characters = [...line].length;
    const isRegExp = /^\s*\/(?![/*]).*\/[dgimsuvy]*[,;)]*$/.test(line);
    return characters <= lineCharactersMax || isRegExp ? [] : [`${path}:${at + 1} ${characters} characters`];
  });
}

/** A row of a table cannot be broken. */
function withoutTables({ path, text }: SourceFile): SourceFile {
  return { path, text: text.replace(/^\|.*$/gm, '') };
}

/** The TypeScript files and the `#lib/...` imports that a page names, as it writes them. */
function namedPaths(page: string): string[] {
  return page.match(/#[a-z]+\/[\w./-]*\w|[\w./-]+\.ts\b/g) ?? [];
}

/** Does a path lead to a file of the repository? A page may leave out the folders at its beginning. */
function isThere(path: string): boolean {
  const [, lib, rest] = /^#([a-z]+)\/(.+)$/.exec(path) ?? [];
  if (lib === undefined || rest === undefined) return files.some((file) => `/${file.path}`.endsWith(`/${path}`));
  return existsSync(join(root, 'libs', lib, 'src', rest.replace(/\.js$/, '.ts')));
}

function linesWith(pattern: RegExp, within: readonly SourceFile[]): string[] {
  return within
    .filter(({ path }) => path !== thisFile)
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
    );
}

/**
 * Lists functions that are too long. The lines of inner functions count for those only, so that a closure with methods
 * is judged as a class is.
 */
function longFunctions({ path, text }: SourceFile): string[] {
  const kind = path.endsWith('.tsx') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true, kind);
  const lineOf = (position: number): number => source.getLineAndCharacterOfPosition(position).line;
  const found: string[] = [];
  const visit = (node: ts.Node): number => {
    let inside = 0;
    ts.forEachChild(node, (child) => void (inside += visit(child)));
    if (!ts.isFunctionLike(node) || !('body' in node) || !node.body) return inside;
    const lines = lineOf(node.getEnd()) - lineOf(node.getStart()) + 1;
    const own = lines - inside;
    const name =
      node.name?.getText() ?? (ts.isVariableDeclaration(node.parent) ? node.parent.name.getText() : 'a function');
    if (own > functionLinesMax) found.push(`${path}:${lineOf(node.getStart()) + 1} ${name} has ${own} lines`);
    return lines - 1;
  };
  visit(source);
  return found;
}
