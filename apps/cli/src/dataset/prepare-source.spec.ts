import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { character, names, prepareSource } from './prepare-source.js';

let folder: string;
const at = (name: string): string => join(folder, name);
const files = [
  'a.csv',
  'b.TSV',
  'captions.txt',
  'results.token',
  'c.TAR',
  'd.tar.gz',
  'e.tgz',
  'f.parquet',
  'g.jsonl',
  'i.json',
];
const unread = ['f.arrow', 'g.xlsx', 'h.bin'];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-sources-'));
  for (const name of [...files, ...unread]) await writeFile(at(name), '');
});
afterAll(() => rm(folder, { recursive: true }));

it('tells a source by its ending', async () => {
  const kinds = await Promise.all(files.map(async (name) => (await prepareSource(at(name), {})).kind));
  expect(kinds).toEqual(['table', 'table', 'table', 'table', 'tar', 'tar', 'tar', 'table', 'table', 'table']);
  expect((await prepareSource(folder, {})).kind).toBe('folder');
});

it.each([
  ['f.arrow', /got Arrow, which save_to_disk of Hugging Face writes, which is not read/, /load_from_disk/],
  ['g.xlsx', /got a spreadsheet, which is not read/, /Save it as CSV/],
  ['h.bin', /expected a table \(\.csv, .*\), a \.tar or a folder, got .*h\.bin/, /--help/],
  ['absent', /expected .*absent to be there, found nothing/, /--help/],
])('refuses %s, with what to do', async (name, message, help) => {
  await expect(prepareSource(at(name), {})).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringMatching(message),
    help: expect.stringMatching(help),
  });
});

it('takes a folder of imagefolder for its table, unless an option asks for the folder', async () => {
  const place = at('pictures');
  await mkdir(place);
  await writeFile(join(place, 'metadata.jsonl'), '');
  expect(await prepareSource(place, {})).toMatchObject({ kind: 'table', path: join(place, 'metadata.jsonl') });
  expect(await prepareSource(place, { groupByFolder: true })).toMatchObject({ kind: 'folder', path: place });
  await writeFile(join(place, 'metadata.csv'), '');
  await expect(prepareSource(place, {})).rejects.toThrow(/expected one of metadata\.csv, metadata\.jsonl/);
});

it('refuses a language that is not known', async () => {
  await expect(prepareSource(at('a.csv'), { language: ['en', 'english'] })).rejects.toMatchObject({
    message: 'Language: expected an ISO 639-1 code such as en or de, got english.',
    help: expect.stringMatching(/ de, .* en, /),
  });
});

it.each([
  ['a.csv', { captionKey: ['txt'] }, 'expected no --caption-key for a table: it is for a folder or tar'],
  ['c.TAR', { header: false }, 'expected no --no-header for a tar: it is for a table'],
  ['c.TAR', { groupByFolder: true }, 'expected no --group-by-folder for a tar: it is for a folder'],
])('refuses an option that would do nothing: %s, %j', async (name, options, message) => {
  await expect(prepareSource(at(name), options)).rejects.toThrow(message);
});

it('parses a character and names', () => {
  expect(['tab', '\\t', ';', '\\'].map(character)).toEqual(['\t', '\t', ';', '\\']);
  for (const wrong of ['', ';;', '"', '\n']) expect(() => character(wrong)).toThrow(/one character/);
  expect(names('.txt, caption')).toEqual(['txt', 'caption']);
  expect(() => names('txt,,caption')).toThrow(/commas between/);
});
