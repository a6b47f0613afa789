// Goal: the pairs of a tar are found however it was packed. Method: tars in the orders that people's tools write.
import { execFileSync } from 'node:child_process';
import { link, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FolderSource } from '#data/prepare/folder/folder-source.js';
import type { TarSource } from '#data/prepare/tar/tar-source.js';
import { openOwnSource, tarOfMembers, type OwnSource } from '../support/models/own-source.js';
import { smallSample } from '../support/models/small-dataset.js';

let own: OwnSource;
let image: Uint8Array;
beforeEach(async () => {
  own = await openOwnSource();
  ({ image } = await smallSample(1));
});
afterEach(() => own.close());

const keys = [...Array(10).keys()].map((number) => `dir/${number}`);
const source = (name: string): TarSource => ({ kind: 'tar', path: join(own.folder, name) });
const folder = (): FolderSource => ({ kind: 'folder', path: own.folder });

it.each<[string, (pictures: [string, Uint8Array][], texts: [string, string][]) => [string, string | Uint8Array][]]>([
  ['all pictures before all texts', (pictures, texts) => [...pictures, ...texts]],
  ['texts first, in the other order', (pictures, texts) => [...texts.toReversed(), ...pictures]],
  [
    'pictures and texts in turn, each beside another',
    (pictures, texts) => texts.flatMap((text, at) => [text, pictures[(at + 3) % 10]!]),
  ],
])('members that are not sorted are joined by their key: %s', async (_, order) => {
  const pictures = keys.map((key): [string, Uint8Array] => [`${key}.png`, image]);
  const texts = keys.map((key): [string, string] => [`${key}.txt`, key]);
  await own.place({ 'a.tar': await tarOfMembers(order(pictures, texts)) });
  const { pairs, skipped } = await own.prepared(source('a.tar'));
  expect(pairs.map(([caption]) => caption).sort()).toEqual(keys);
  expect(skipped).toEqual({});
});

it('twins that macOS adds are passed over and counted', async () => {
  const members = keys.flatMap((key): [string, string | Uint8Array][] => {
    const twin = key.replace('/', '/._');
    return [
      [`${twin}.png`, 'attributes'],
      [`${key}.png`, image],
      [`${twin}.txt`, 'attributes'],
      [`${key}.txt`, key],
      [`__MACOSX/${key}.png`, 'attributes'],
    ];
  });
  await own.place({ 'a.tar': await tarOfMembers(members) });
  const { pairs, skipped, account } = await own.prepared(source('a.tar'));
  expect(pairs).toEqual(keys.map((key) => [key]));
  expect(skipped).toEqual({});
  expect(account.ignored).toMatchObject([{ count: 30 }]);
});

it('a member that comes after its pair is listed', async () => {
  const members: [string, string | Uint8Array][] = [
    ['a.png', image],
    ['a.txt', 'a'],
    ['b.png', image],
    ['b.txt', 'b'],
    ['a.json', '{"group": "g"}'],
  ];
  await own.place({ 'a.tar': await tarOfMembers(members) });
  const { pairs, skipped } = await own.prepared(source('a.tar'));
  expect(pairs).toEqual([['a'], ['b']]);
  expect(skipped).toEqual({
    'a.tar#a': 'Members of this key come after its pair: sort the tar with `tar --sort=name`.',
  });
});

it('a damaged tar can be passed over: what comes before the damage is taken, and the tar is named', async () => {
  const members = keys.flatMap((key): [string, string | Uint8Array][] => [
    [`${key}.png`, image],
    [`${key}.txt`, key],
  ]);
  const whole = await tarOfMembers(members);
  await own.place({ 'a.tar': whole, 'c.tar': whole });
  await writeFile(join(own.folder, 'b.tar'), whole.subarray(0, whole.length >> 1));
  await expect(own.prepared(folder())).rejects.toMatchObject({
    help: expect.stringContaining('--pass-over-damaged'),
  });
  const { pairs, skipped, account } = await own.prepared({ ...folder(), passOverDamaged: true });
  expect(pairs.length).toBeGreaterThan(22);
  expect(pairs.slice(-10)).toEqual(keys.map((key) => [key]));
  expect(skipped['b.tar']).toMatch(
    /Expected a whole tar file.*What comes after the damage is left out; pairs before it: [345]\.$/,
  );
  expect(account.leftOut.map(({ what }) => what)).toContain(
    'Expected a whole tar file: Unexpected end of data. What comes after the damage is left out.',
  );
});

it.each([
  ['between two members', 2],
  ['before the first', 0],
])('a tar that is cut off %s is damaged, though what is left of it reads well', async (_, pairsBefore) => {
  const whole = await tarOfMembers(
    ['a', 'b', 'c'].flatMap((key): [string, string | Uint8Array][] => [
      [`${key}.png`, image],
      [`${key}.txt`, key],
    ]),
  );
  // Each member has a header, and its content is filled up to whole blocks.
  const pairBytes = 512 * (1 + Math.ceil(image.byteLength / 512) + 1 + 1);
  await own.place({ 'cut.tar': whole.subarray(0, pairsBefore * pairBytes), 'whole.tar': whole });
  await expect(own.prepared(folder())).rejects.toThrow(/cut\.tar: it ends without an empty block, as if cut off/);
  const { pairs, skipped } = await own.prepared({ ...folder(), passOverDamaged: true });
  expect(pairs).toHaveLength(pairsBefore + 3);
  expect(skipped).toEqual({ 'cut.tar': expect.stringMatching(`pairs before it: ${pairsBefore}`) });
});

it('a folder of pictures and tars gives the pairs of both, and says so', async () => {
  const tar = await tarOfMembers([
    ['a.gif', image],
    ['a.txt', 'a'],
  ]);
  await own.place({ 'deep/B.TAR': tar, 'deep/c.tar.gz': gzipSync(tar), 'deep/d.tgz': gzipSync(tar) });
  await own.place({ 'b.png': image, 'b.txt': 'b', 'deep/00000_stats.json': '{"count": 1}', 'x.arrow': 'ARROW1' });
  const { pairs, skipped, account } = await own.prepared(folder());
  expect(pairs).toEqual([['b'], ['a'], ['a'], ['a']]);
  expect(skipped).toEqual({});
  expect(account.said).toEqual(['a folder of 3 tars (deep/B.TAR, …) and 1 picture: the pairs of both are taken']);
  expect(account.ignored).toMatchObject([
    {
      what: 'Arrow, which save_to_disk of Hugging Face writes, which is not read',
      count: 1,
      examples: ['x.arrow'],
    },
    { what: 'files that are no part of a pair', count: 1, examples: ['deep/00000_stats.json'] },
  ]);
});

it('a key that comes again is another sample where the first is whole, and else is refused by name', async () => {
  const other = (await smallSample(2)).image;
  await own.place({
    'a.tar': await tarOfMembers([
      ['1.png', image],
      ['1.txt', 'first'],
      ['1.png', other],
      ['1.txt', 'second'],
      ['2.png', image],
      ['2.png', other],
      ['2.txt', 'whose?'],
    ]),
  });
  const { pairs, skipped } = await own.prepared(source('a.tar'));
  expect(pairs).toEqual([['first'], ['second']]);
  expect(skipped).toEqual({
    'a.tar#2': 'The tar has two members 2.png, and nobody can tell which belongs to what.',
  });
});

it('members of one name among members that are apart are refused, not mixed', async () => {
  const other = (await smallSample(2)).image;
  const members: [string, string | Uint8Array][] = [
    ['1.png', image],
    ['2.png', image],
    ['1.png', other],
    ['1.txt', 'one'],
    ['2.txt', 'two'],
  ];
  await own.place({ 'a.tar': await tarOfMembers(members), 'b.tar.gz': gzipSync(await tarOfMembers(members)) });
  for (const name of ['a.tar', 'b.tar.gz']) {
    const { pairs, skipped } = await own.prepared(source(name));
    expect(pairs).toEqual([['two']]);
    expect(skipped).toEqual({ [`${name}#1`]: expect.stringContaining('The tar has two members 1.png') });
  }
});

describe('members of other names', () => {
  const named: [string, string | Uint8Array][] = [];
  beforeEach(() => {
    named.splice(
      0,
      named.length,
      ...([
        ['a.left.png', image],
        ['a.caption.txt', 'one text'],
        ['b.left.png', image],
        ['b.right.png', image],
        ['b.txt', 'two pictures'],
        ['c.png', image],
        ['c.txt.gz', gzipSync('packed')],
        ['d.png', image],
        ['d.alt.txt', 'x'],
        ['d.ocr.txt', 'y'],
        ['e.png', image],
        ['e.md', 'notes'],
      ] as [string, string | Uint8Array][]),
    );
  });

  it('are read where only one may be meant', async () => {
    await own.place({ 'a.tar': await tarOfMembers(named) });
    const { pairs, skipped, account } = await own.prepared(source('a.tar'));
    expect(pairs).toEqual([['one text'], ['packed']]);
    expect(account.changed.map(({ what }) => what).sort()).toEqual([
      'caption taken from caption.txt, as the only text',
      'picture taken from left.png, as the only one',
    ]);
    expect(skipped).toEqual({
      'a.tar#b': 'Several pictures: left.png, right.png; name one with --image-key.',
      'a.tar#d': expect.stringMatching(/There is text under alt\.txt, ocr\.txt: name one with --caption-key/),
      'a.tar#e': expect.stringMatching(
        /^No caption in png, md: expected a file \.txt, .*in JSON captions, caption, text/,
      ),
    });
  });

  it('are read where they are named', async () => {
    await own.place({ 'a.tar': await tarOfMembers(named) });
    const keys = { imageKeys: ['right.png', 'png'], captionKeys: ['ocr.txt', 'txt', 'md'] };
    const { pairs } = await own.prepared({ ...source('a.tar'), ...keys });
    expect(pairs).toEqual([['two pictures'], ['packed'], ['y'], ['notes']]);
  });
});

describe('tars of other kinds', () => {
  const tar = (name: string, ...options: string[]): void => {
    execFileSync('tar', ['-c', ...options, '-f', join(own.folder, name), '-C', join(own.folder, 'in'), '.']);
  };

  it('of version 7 are read', async () => {
    await own.place({ 'in/a.png': image, 'in/a.txt': 'a' });
    tar('v7.tar', '--format=v7');
    expect((await own.prepared(source('v7.tar'))).pairs).toEqual([['a']]);
  });

  it.each(['gnu', 'posix'])('with sparse files and links say which members these are: %s', async (format) => {
    await own.place({ 'in/a.png': image, 'in/a.txt': 'a', 'in/s.png': image, 'in/s.txt': 's', 'in/l.txt': 'l' });
    await truncate(join(own.folder, 'in/s.png'), 200_000);
    await link(join(own.folder, 'in/a.png'), join(own.folder, 'in/l.png'));
    tar('a.tar', `--format=${format}`, '--sparse', '--sort=name');
    const { pairs, skipped } = await own.prepared(source('a.tar'));
    expect(pairs).toEqual([['a']]);
    expect(skipped).toEqual({
      'a.tar#./l': 'Its png is a hard link in the tar: pack it again with --hard-dereference.',
      'a.tar#./s': 'Its png is stored sparse in the tar: pack it again without --sparse.',
    });
  });

  it('packed by another program are named', async () => {
    await own.place({ 'a.tar': Buffer.from('BZh91AY&SY'), 'b.tar': Buffer.from('PK\x03\x04zip') });
    await expect(own.prepared(source('a.tar'))).rejects.toThrow(/it is packed by bzip2/);
    await expect(own.prepared(source('b.tar'))).rejects.toThrow(/it is packed by zip/);
  });
});
