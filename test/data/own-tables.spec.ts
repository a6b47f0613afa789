// Goal: of a table that people write themselves nothing is lost or changed without being counted and named. Method:
// tables with one fault each among good rows.
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TableSource } from '#data/prepare/table/table-source.js';
import { openOwnSource, type OwnSource } from '../support/models/own-source.js';
import { smallSample } from '../support/models/small-dataset.js';

let own: OwnSource;
beforeEach(async () => {
  own = await openOwnSource();
  const { image } = await smallSample(1);
  await own.place({ 'a.png': image, 'b.png': image, 'c.png': image });
});
afterEach(() => own.close());

async function table(text: string | Uint8Array, name = 'table.csv'): Promise<TableSource> {
  await own.place({ [name]: text });
  return { kind: 'table', path: join(own.folder, name) };
}

it('rows without a group are listed; the others keep theirs, whichever row is first', async () => {
  const rows = ['a.png,one,', 'b.png,two,x', 'c.png,three,y', 'a.png,four,x'];
  const source = { ...(await table(`filepath,title,kind\n${rows.join('\n')}\n`)), groupColumn: 'kind' };
  const { pairs, skipped } = await own.prepared(source);
  expect(pairs).toEqual([
    ['two', 'x'],
    ['three', 'y'],
    ['four', 'x'],
  ]);
  expect(skipped).toEqual({ 'table.csv, line 2': 'No group in the column kind.' });
});

it('a row that gives a picture another group is listed with both lines', async () => {
  const rows = ['a.png,one,x', 'a.png,two,x', 'a.png,three,y', 'b.png,four,y', 'a.png,five,y', 'a.png,six,x'];
  const source = { ...(await table(`filepath,title,kind\n${rows.join('\n')}\n`)), groupColumn: 'kind' };
  const { pairs, skipped } = await own.prepared(source);
  expect(pairs).toEqual([
    ['one|two|six', 'x'],
    ['four', 'y'],
  ]);
  const reason = 'Another group than in line 2, which is of the same picture.';
  expect(skipped).toEqual({ 'table.csv, line 4': reason, 'table.csv, line 6': reason });
});

it('the captions of a picture are one list wherever its rows stand', async () => {
  const names = ['a.png', 'b.png', 'c.png'];
  const order = [2, 0, 0, 1, 2, 1, 0, 2, 2, 1];
  const rows = order.map((picture, row) => `${names[picture]},"caption\n${row}"`);
  const { pairs, skipped } = await own.prepared(await table(`filepath,title\n${rows.join('\r\n')}\n`));
  expect(pairs).toEqual(
    [2, 0, 1].map((picture) => [order.flatMap((one, row) => (one === picture ? [`caption\n${row}`] : [])).join('|')]),
  );
  expect(skipped).toEqual({});
});

it('a picture is one pair however its path leads there', async () => {
  const { pairs } = await own.prepared(
    await table('filepath,title\na.png,one\n./a.png,two\nb.png,three\nx/../a.png,four\n'),
  );
  expect(pairs).toEqual([['one|two|four'], ['three']]);
});

it("Flickr's lists number the captions of a picture, which are one pair", async () => {
  const text = 'a.png#0\tone\na.png#1\ttwo #3\nb.png#0\tthree\n';
  const { pairs, account } = await own.prepared({ ...(await table(text, 'results.token')), hasHeading: false });
  expect(pairs).toEqual([['one|two #3'], ['three']]);
  expect(account.said).toContain('paths without the numbers of captions after them (#0)');
});

it.each([
  ['table.jsonl', (rows: readonly string[]) => rows.join('\n')],
  ['table.json', (rows: readonly string[]) => `\uFEFF[${rows.join(', ')}]`],
])('NaN and Infinity, which Python writes, cost no row of %s', async (name, text) => {
  const rows = [
    '{"filepath": "a.png", "title": "one", "score": NaN}',
    '{"filepath": "b.png", "title": "NaN and \\"Infinity\\"", "score": -Infinity}',
    '{"filepath": "c.png", "title": NaN, "score": 1}',
  ];
  const { pairs, skipped } = await own.prepared(await table(text(rows), name));
  expect(pairs).toEqual([['one'], ['NaN and "Infinity"']]);
  expect(skipped).toEqual({ 'c.png': 'No caption.' });
});

describe('columns', () => {
  it.each([
    ['image,caption', 'a.png,x', 'columns image for paths, caption for captions'],
    ['Image_Name| n| comment', 'a.png| 0| x', 'columns Image_Name for paths, comment for captions'],
    ['caption;file_name', 'x;a.png', 'columns file_name for paths, caption for captions'],
    ['sep=;\r\ntitle;filepath', 'x;a.png', 'separator ;'],
    ['# a table\n#\nfilepath,title', 'a.png,x', '2 lines of comments (#) before the first row'],
  ])('are found, and what was guessed is said: %s', async (first, row, said) => {
    const { pairs, account } = await own.prepared(await table(`${first}\n${row}\n`));
    expect(pairs).toEqual([['x']]);
    expect(account.said).toContain(said);
  });

  it('of usual names are not guessed', async () => {
    expect((await own.prepared(await table('n,filepath,title\n1,a.png,x\n'))).account.said).toEqual([]);
  });

  it.each([
    ['filepath,title,title\na.png,x,y\n', /Expected the column title once in .*, got it at 2 and 3/, /Rename/],
    ['filepath,caption,text\na.png,x,y\n', /one column for --caption-column in .*, got caption, text/, /caption$|Name/],
    ['url,caption\nhttps://x/y.jpg,x\n', /Expected the column filepath/, /The pictures are at URLs/],
    ['a.png,x\nb.png,y\n', /Expected the columns filepath/, /--no-header/],
    ['a caption\thttps://x/y.jpg\n', /got a caption, https/, /--no-header/],
    ['f\0i\0l\0e\0\n\0a\0', /Expected the columns filepath/, /--encoding utf-16le/],
    ['\0f\0i\0l\0e\0\n\0a', /Expected the columns filepath/, /--encoding utf-16be/],
    ['path,"title\na.png,x\n', /no row of headings at line 1: A quotation mark is not closed/, /Mend that line/],
  ])('that nobody can tell are refused, with what to do: %s', async (text, message, help) => {
    await expect(own.prepared(await table(text))).rejects.toMatchObject({
      message: expect.stringMatching(message),
      help: expect.stringMatching(help),
    });
  });

  it('of a table without a heading have numbers', async () => {
    const guessed = await own.prepared({ ...(await table('a.png,x\nb.png,y\n')), hasHeading: false });
    expect(guessed.pairs).toEqual([['x'], ['y']]);
    expect(guessed.account.said).toEqual(['column 1 for paths, column 2 for captions']);
    const named = { hasHeading: false, imageColumn: '3', captionColumn: '1', groupColumn: '2' };
    const source = { ...(await table('x\tg\ta.png\ny\th\tb.png\n', 'table.tsv')), ...named };
    expect((await own.prepared(source)).pairs).toEqual([
      ['x', 'g'],
      ['y', 'h'],
    ]);
    await expect(own.prepared({ ...source, captionColumn: 'title' })).rejects.toThrow(
      /number of a column .* got title/,
    );
    await expect(own.prepared({ ...source, captionColumn: '4' })).rejects.toThrow(/Expected 4 columns .* got 3/);
  });
});

it('paths of other programs are read where one file fits, and said', async () => {
  const { image } = await smallSample(1);
  await own.place({ 'sub/1.png': image, 'a b.png': image, 'caf\u00e9.png': image });
  await own.place({ 'pictures/deep.png': image });
  const paths = [
    `file://${own.folder}/sub/1.png`,
    'sub\\1.png',
    'a%20b.png',
    'cafe\u0301.png',
    ' b.png',
    'https://example.org/1.png',
    'C:\\pictures\\1.png',
    'sub/2.png',
  ];
  const text = `filepath\ttitle\n${paths.map((path, at) => `${path}\t${at}\n`).join('')}`;
  const { pairs, skipped, account } = await own.prepared(await table(text, 'table.tsv'));
  expect(pairs).toEqual(['0', '1', '2', '3', '4'].map((caption) => [caption]));
  expect(skipped).toEqual({
    'https://example.org/1.png': expect.stringContaining('fetch the pictures first'),
    'C:\\pictures\\1.png': 'There is no such file: it is a path of another computer.',
    'sub/2.png': 'The file cannot be read: ENOENT, there is no such file.',
  });
  expect(account.changed.map(({ what }) => what).sort()).toEqual([
    'path respelled: %20 and the like decoded',
    'path respelled: \\ read as /',
    'path respelled: letters with accents composed otherwise',
    'path respelled: spaces around it left away',
  ]);
  const elsewhere = { ...(await table('filepath,title\ndeep.png,deep\n')), imageFolder: join(own.folder, 'pictures') };
  expect((await own.prepared(elsewhere)).pairs).toEqual([['deep']]);
});

it('a wrong column is named with its option', async () => {
  await expect(own.prepared({ ...(await table('filepath,title\na.png,x\n')), groupColumn: 'kind' })).rejects.toThrow(
    /Expected the column kind \(--group-column\) in .*, got filepath, title/,
  );
});

it('rows whose path cannot be one are left out and listed', async () => {
  const bad = {
    [`${'x'.repeat(5000)}.png`]: 'too long',
    'a.png/b.png': 'through a file',
    'nul\0.png': 'cannot be one',
    '': 'No path',
  };
  const rows = [...Object.keys(bad).map((path) => `${path},bad`), 'a.png,good'];
  const { pairs, skipped, account } = await own.prepared(await table(`filepath,title\n${rows.join('\n')}\n`));
  expect(pairs).toEqual([['good']]);
  expect(Object.values(skipped)).toEqual(Object.values(bad).map((reason): unknown => expect.stringContaining(reason)));
  expect(account.leftOut.map(({ count }) => count)).toEqual([1, 1, 1, 1]);
  // A path of 5,000 characters would fill the screen.
  expect(Math.max(...account.leftOut.flatMap(({ examples }) => examples.map(({ length }) => length)))).toBe(101);
});

it('swapped columns are refused with what was found, not with a stack trace', async () => {
  const captions = ['a cat', 'x'.repeat(6000), 'what / is / this?', 'nul\0'];
  const source = await table(`title,filepath\n${captions.map((caption) => `a.png,"${caption}"`).join('\n')}\n`);
  await expect(own.prepared(source)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringContaining('got none; the first of 4 skipped: a cat: The file cannot be read: ENOENT'),
  });
});

it('a table of windows-1252 is named, and read where its encoding is said', async () => {
  const source = await table(Buffer.from('filepath,title\na.png,un caf\xe9 \x96 chaud\nb.png,a cat\n', 'latin1'));
  const unread = await own.prepared(source);
  expect(unread.pairs).toEqual([['a cat']]);
  expect(unread.skipped).toEqual({ 'table.csv, line 2': expect.stringContaining('--encoding windows-1252') });
  expect(unread.account.leftOut).toMatchObject([{ what: expect.stringContaining('--encoding windows-1252') }]);
  expect((await own.prepared({ ...source, encoding: 'windows-1252' })).pairs).toEqual([['un café – chaud'], ['a cat']]);
});

it('the account has every pair, caption and row', async () => {
  const rows = ['a.png,a cat', 'b.png,A CAT ', 'c.png,cafÃ©', 'gone.png,x', 'lost.png,x', 'a.png,one,two'];
  const { account } = await own.prepared(await table(`filepath,title\n${rows.join('\n')}\n`));
  expect(account).toMatchObject({ pairs: 3, captions: 3, distinctCaptions: 2, medianSide: 16 });
  expect(account.leftOut.map(({ what, count, examples }) => [what.slice(0, 25), count, examples])).toEqual([
    ['The file cannot be read: ', 2, ['gone.png', 'lost.png']],
    ['The row has 3 cells, the ', 1, [`${join(own.folder, 'table.csv')}, line 7`]],
  ]);
  expect(account.changed).toEqual([{ what: expect.stringContaining('mojibake'), count: 1, examples: ['c.png'] }]);
});
