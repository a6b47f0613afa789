import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { documentBytesMax, documentDepthMax, documentValuesMax } from '#protocol/input/input-limits.js';
import { readYamlFile } from './yaml-file.js';

// Goal: any file is either read or refused with a clear message, quickly and in little memory. Method: files that once
// broke this, one of each kind.
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tandem-test-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function read(path: string): unknown {
  return readYamlFile({ what: 'Run document', path, example: 'demo/run.yaml is one.' });
}

function readText(text: string): unknown {
  const path = join(folder, 'run.yaml');
  writeFileSync(path, text);
  return read(path);
}

const refusal = (got: RegExp): object => ({
  code: 'CONFIG_INVALID',
  message: expect.stringMatching(new RegExp(`^Run document: expected YAML or JSON in .*, got ${got.source}`, 's')),
});

const unreadable = (why: RegExp): object => ({
  code: 'CONFIG_INVALID',
  message: expect.stringMatching(new RegExp(`^Run document: expected a file at .*, but ${why.source}`)),
});

it('reads YAML and JSON, with comments, aliases and merged lines', () => {
  expect(readText('# comment\na: &x {b: [1, two, null, true]}\nc: *x\nd: |\n  one\n  two\n')).toEqual({
    a: { b: [1, 'two', null, true] },
    c: { b: [1, 'two', null, true] },
    d: 'one\ntwo\n',
  });
  expect(readText('{"a": [1, 2.5, "x"], "b": {"c": null}}')).toEqual({ a: [1, 2.5, 'x'], b: { c: null } });
  expect(readText('')).toBeNull();
});

it.each([
  ['a list that holds itself', 'a: &a [*a]', /a document with a problem at a\.0: .* a document cannot refer to itself/],
  [
    'a map that holds itself',
    '&a\nname: x\nmodel:\n  inner: *a\n',
    /.*model\.inner: .* a document cannot refer to itself/,
  ],
  ['brackets', '['.repeat(documentBytesMax), /more than 32 maps and lists inside one another at line 1, column \d+/],
  ['braces', '{'.repeat(documentBytesMax), /more than 32 maps/],
  ['maps in keys', '? '.repeat(documentBytesMax / 2), /more than 32 maps/],
  ['dashes', '- '.repeat(documentBytesMax / 2), /more than 32 maps/],
  [
    'lines ever further in',
    Array.from({ length: 1000 }, (_, level) => `${' '.repeat(level)}a:\n`).join(''),
    /more than 32 maps/,
  ],
  [
    'one level too many',
    `${'['.repeat(documentDepthMax + 1)}${']'.repeat(documentDepthMax + 1)}`,
    /.*at most 32 maps and lists/,
  ],
  ['many values', `[${'1,'.repeat(documentValuesMax)}]`, /.*at most 10000 values in all/],
  ['many marks', '- a\n'.repeat(documentBytesMax / 4), /more than 200000 words/],
  [
    'aliases of aliases',
    'a0: &a0 ' +
      `[x]\n${Array.from({ length: 12 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n},`.repeat(10)}]\n`).join('')}`,
    /(.*aliases that stand for too many values|.*10000 values)/,
  ],
  ['half of a character', '{"name": "\\ud800"}', /.*at name: .*Unicode/],
  ['several documents', 'a: 1\n---\nb: 2\n', /several documents in one file: the second starts at line 2/],
  ['a line that is indented too far', 'a: 1\n  b: 2\n', /a key within the value of another .* at line 1, column 4/],
  ['an alias of nothing', 'a: 1\nb: *c\n', /an alias without its anchor before it at line 2, column 4/],
  ['no YAML', 'a: "x\n', /Missing closing "quote at line \d+, column \d+/],
])('refuses %s', (_what, text, got) => {
  expect(() => readText(text)).toThrow(expect.objectContaining(refusal(got)));
});

it('does not interpret the kinds of values that only YAML has', () => {
  expect(readText('%YAML 1.1\n---\na: !!binary aGk=\nb: !!set {x}\nc: 2001-01-01\n')).toEqual({
    a: 'aGk=',
    b: { x: null },
    c: '2001-01-01',
  });
});

it('quotes nothing from a file that is not a document', () => {
  for (const text of ['root: {x: [secret: }', 'key: [secret', '"secret" "secret"', '*secret', 'a: *secret']) {
    expect(() => readText(text)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  }
});

it('says plainly that a file is missing', () => {
  for (const path of [join(folder, 'none.yaml'), join(folder, 'none', 'run.yaml')])
    expect(() => read(path)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: `Run document: there is no file ${path}` }),
    );
});

it('reads no more of a large file than the limit', () => {
  const path = join(folder, 'large.yaml');
  writeFileSync(path, 'a: 1\n');
  truncateSync(path, 2 ** 40);
  expect(() => read(path)).toThrow(expect.objectContaining(unreadable(/it has 1,048,576 MiB; the limit is 1 MiB/)));
});

it('refuses at once anything that is not a regular file', () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(() => read(pipe)).toThrow(expect.objectContaining(unreadable(/it is a named pipe, not a file/)));
  expect(() => read('/dev/zero')).toThrow(expect.objectContaining(unreadable(/it is a device, not a file/)));
  expect(() => read(folder)).toThrow(expect.objectContaining(unreadable(/it is a folder, not a file/)));
});
