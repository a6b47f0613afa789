// Goal: of a table that people write themselves nothing is lost or changed without being counted and named. Method:
// tables with one fault each among good rows.
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
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

it('rows of one picture with different groups are pairs of their own', async () => {
  const source = {
    ...(await table('filepath,title,kind\na.png,one,x\na.png,two,x\na.png,three,y\n')),
    groupColumn: 'kind',
  };
  expect((await own.prepared(source)).pairs).toEqual([
    ['one|two', 'x'],
    ['three', 'y'],
  ]);
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
