// Style that a program can check. Each test lists the offenders with their line, so that the message is the work list.
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { sourceFiles, type SourceFile } from '../support/source-files.js';

const functionLinesMax = 80;
const stepLinesMax = 70;

const files = sourceFiles('apps', 'libs', 'test', 'bench');
const thisFile = 'test/style/tidy.spec.ts';
const product = files.filter(({ path }) => !path.endsWith('.spec.ts'));

describe('tidy', () => {
  it(`functions have at most ${functionLinesMax} lines`, () => {
    expect(product.flatMap(longFunctions)).toEqual([]);
  });

  it('finds a function that is too long, also inside another', () => {
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

  it('no test is switched off or runs alone', () => {
    expect(linesWith(/\b(it|test|describe|suite)\.(only|skip|todo)\b/, files)).toEqual([]);
  });

  it('no note to self, no silenced checker', () => {
    expect(linesWith(/\b(TODO|FIXME|XXX|HACK)\b|@ts-(ignore|nocheck)|eslint-disable/, files)).toEqual([]);
  });

  it('no folder is named for nothing in particular', () => {
    const vague = new Set(['common', 'shared', 'utils', 'helpers', 'core', 'misc']);
    const folders = new Set(files.map(({ path }) => path.slice(0, path.lastIndexOf('/'))));
    expect([...folders].filter((folder) => folder.split('/').some((name) => vague.has(name)))).toEqual([]);
  });

  it('files are named in kebab-case', () => {
    expect(
      files
        .map(({ path }) => path)
        .filter((path) => !/^[a-z0-9-]+(\.[a-z-]+)*\.ts$/.test(path.slice(path.lastIndexOf('/') + 1))),
    ).toEqual([]);
  });

  it(`the training step is a page: under ${stepLinesMax} lines, without try, timer or log`, () => {
    const step = files.find(({ path }) => path === 'apps/coordinator/src/training/training-step.ts');
    if (!step) return;
    expect(step.text.trimEnd().split('\n').length).toBeLessThan(stepLinesMax);
    expect(step.text).not.toMatch(/\btry\s*\{|\bset(Timeout|Interval)\(|\.(info|warn|debug|log)\(/);
  });
});

function linesWith(pattern: RegExp, within: readonly SourceFile[]): string[] {
  return within
    .filter(({ path }) => path !== thisFile)
    .flatMap(({ path, text }) =>
      text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1} ${line.trim()}`] : [])),
    );
}

/**
 * A function's own lines: those of the functions inside it count for them, so that a closure with methods is judged as
 * a class is.
 */
function longFunctions({ path, text }: SourceFile): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
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
