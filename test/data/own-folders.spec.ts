// Goal: every picture of a folder is taken or listed, whatever its kind, its place and what is beside it. Method: real
// files, links and archives.
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import type { FolderSource } from '#data/prepare/folder/folder-source.js';
import { openOwnSource, type OwnSource } from '../support/models/own-source.js';
import { smallSample } from '../support/models/small-dataset.js';

let own: OwnSource;
let image: Uint8Array;
beforeEach(async () => {
  own = await openOwnSource();
  ({ image } = await smallSample(1));
});
afterEach(() => own.close());

const folder = (more: Partial<FolderSource> = {}): FolderSource => ({ kind: 'folder', path: own.folder, ...more });

describe('captions beside a picture', () => {
  it('with NaN, null or a file that is no JSON cost no pair', async () => {
    await own.place({
      'a.png': image,
      'a.json': '{"caption": "from json", "score": NaN, "other": [-Infinity, "NaN in a text"]}',
      'b.png': image,
      'b.json': '{"caption": null, "captions": null, "text": null, "group": null}',
      'b.txt': 'from text',
      'c.png': image,
      'c.json': '{"caption": broken}',
      'c.txt': 'beside broken json',
      'd.PNG': image,
      'd.TXT': 'capitals',
    });
    const { pairs, skipped, account } = await own.prepared(folder());
    expect(pairs).toEqual([['from json'], ['from text'], ['beside broken json'], ['capitals']]);
    expect(skipped).toEqual({});
    expect(account.changed).toMatchObject([
      { what: expect.stringContaining('passed over for another'), count: 1, examples: ['c.png'] },
    ]);
  });

  it('in another encoding are named, or read where it is said', async () => {
    await own.place({
      'a.png': image,
      'a.txt': Buffer.from('caf\xe9', 'latin1'),
      'b.png': image,
      'b.txt': Buffer.from('\ufeffin UTF-16', 'utf16le'),
    });
    const { pairs, skipped } = await own.prepared(folder());
    expect(pairs).toEqual([['in UTF-16']]);
    expect(skipped).toEqual({ 'a.png': expect.stringContaining('--encoding') });
    expect((await own.prepared(folder({ encoding: 'latin1' }))).pairs).toEqual([['café'], ['in UTF-16']]);
  });

  it('without a picture are listed, and files of other kinds are counted', async () => {
    await own.place({
      'a.png': image,
      'a.txt': 'a',
      'b.txt': 'alone',
      'notes.md': 'x',
      '._a.png': 'x',
      '.DS_Store': 'x',
    });
    const { skipped, account } = await own.prepared(folder());
    expect(skipped).toEqual({ 'b.txt': 'No image of the same name beside it.' });
    expect(account.ignored).toMatchObject([{ count: 3, examples: ['.DS_Store', '._a.png', 'notes.md'] }]);
  });
});

describe('captions from names', () => {
  it.each([
    [
      'name',
      ['red bicycle', 'green car', 'no'],
      { 'bikes_2/IMG_1234.png': expect.stringMatching(/^No caption: expected beside it a file .txt,/) as string },
    ],
    ['folder', ['bikes', 'bikes', 'cars', 'cars'], {}],
    ['both', ['bikes', 'red bicycle|bikes', 'green car|cars', 'no|cars'], {}],
  ] as const)('%s', async (captionFrom, captions, skipped) => {
    await own.place({
      'bikes_2/red_bicycle-02.png': image,
      'bikes_2/IMG_1234.png': image,
      'cars/green-car (1).jpg': image,
      'cars/no.png': image,
    });
    const outcome = await own.prepared(folder({ captionFrom }));
    expect(outcome.pairs).toEqual(captions.map((caption) => [caption]));
    expect(outcome.skipped).toEqual(skipped);
  });
});

it('links to files and folders are followed; one that leads round or nowhere is listed', async () => {
  await own.place({ 'real/a.png': image, 'real/a.txt': 'a', 'one/b.png': image, 'one/b.txt': 'b' });
  await mkdir(join(own.folder, 'set'));
  await symlink(join(own.folder, 'real'), join(own.folder, 'set/linked'));
  await symlink('../one/b.png', join(own.folder, 'set/b.png'));
  await symlink('../one/b.txt', join(own.folder, 'set/b.txt'));
  await symlink('..', join(own.folder, 'set/up'));
  await symlink('absent.png', join(own.folder, 'set/gone.png'));
  await symlink('.', join(own.folder, 'set/self'));
  const { pairs, skipped } = await own.prepared({ kind: 'folder', path: join(own.folder, 'set') });
  expect(pairs.slice(0, 2)).toEqual([['b'], ['a']]);
  expect(skipped).toMatchObject({
    'gone.png': 'The link leads nowhere: ENOENT.',
    self: 'The link leads back to a folder that it is in.',
    'up/set': 'The link leads back to a folder that it is in.',
  });
});

it('what the decoder reads is taken, by a table and a folder alike; the rest is listed', async () => {
  const picture = sharp(image);
  const taken = Object.fromEntries(
    await Promise.all(
      (['gif', 'tiff', 'avif', 'webp', 'jpeg'] as const).map(async (format) => [
        `${format}.${format === 'tiff' ? 'TIF' : format}`,
        await picture.clone().toFormat(format).toBuffer(),
      ]),
    ),
  ) as Record<string, Buffer>;
  const listed = { 'x.bmp': Buffer.from('BM no'), 'y.heic': Buffer.from('    ftypheic'), 'z.svg': '<svg/>' };
  const all = { ...taken, ...listed };
  await own.place(all);
  await own.place(Object.fromEntries(Object.keys(all).map((name) => [name.replace(/\.\w+$/, '.txt'), name])));
  await own.place({
    'table.csv': `filepath,title\n${Object.keys(all)
      .map((name) => `${name},${name}\n`)
      .join('')}`,
  });
  for (const source of [folder(), { kind: 'table' as const, path: join(own.folder, 'table.csv') }]) {
    const { pairs, skipped } = await own.prepared(source);
    expect(pairs.map(([caption]) => caption).sort()).toEqual(Object.keys(taken).sort());
    expect(Object.keys(skipped).sort()).toEqual(Object.keys(listed).sort());
    expect(skipped['x.bmp']).toBe(
      'Pictures of the kind bmp are not read: convert it to png. Read are jpg, png, webp, gif, tiff and avif.',
    );
  }
});

it('a picture longer than a JPEG may be is stored another way, and one beyond the limit is named with it', async () => {
  const long = await sharp({ create: { width: 70_000, height: 16, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await own.place({ 'a.png': image, 'a.txt': 'a', 'long.png': long, 'long.txt': 'long' });
  const { pairs, account } = await own.prepared(folder(), { shortestSide: 15 });
  expect(pairs).toEqual([['a'], ['long']]);
  expect(account.changed).toMatchObject([{ what: 'reduced to 15 pixels', count: 2 }]);
  const { image: stored } = await (await openDataset(own.target.store)).sample(1);
  expect(await sharp(stored).metadata()).toMatchObject({ format: 'png', height: 15 });
  const { skipped, account: refused } = await own.prepared(folder(), { shortestSide: 15, pixelsMax: 1_000_000 });
  expect(refused.leftOut).toMatchObject([{ what: expect.stringContaining('the limit is 1000000: '), count: 1 }]);
  expect(skipped).toEqual({
    'long.png': expect.stringMatching(/70000 × 16 pixels; the limit is 1000000: .*--pixels-max/),
  });
});

it('nothing but the data set is left in its folder', async () => {
  await own.place({ 'a.png': image, 'a.txt': 'a' });
  await own.prepared(folder());
  await own.target.store.close();
  expect((await readdir(own.target.folder)).sort()).toEqual([
    'dataset.json',
    'shard-000000.index.json',
    'shard-000000.tar',
  ]);
});
