// Goal: the pairs of a tar are found however it was packed. Method: tars in the orders that people's tools write.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { WebdatasetSource } from '#data/prepare/tar/webdataset-source.js';
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
const source = (...names: string[]): WebdatasetSource => ({
  kind: 'webdataset',
  paths: names.map((name) => join(own.folder, name)),
});

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
  expect(account.ignored.count).toBe(30);
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
  await expect(own.prepared(source('.'))).rejects.toMatchObject({
    help: expect.stringContaining('--pass-over-damaged'),
  });
  const { pairs, skipped, account } = await own.prepared({ ...source('.'), passOverDamaged: true });
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
  await expect(own.prepared(source('.'))).rejects.toThrow(/cut\.tar: it ends without an empty block, as if cut off/);
  const { pairs, skipped } = await own.prepared({ ...source('.'), passOverDamaged: true });
  expect(pairs).toHaveLength(pairsBefore + 3);
  expect(skipped).toEqual({ 'cut.tar': expect.stringMatching(`pairs before it: ${pairsBefore}`) });
});

it('what is in the folder beside tars is counted', async () => {
  await own.place({
    'deep/a.tar': await tarOfMembers([
      ['a.gif', image],
      ['a.txt', 'a'],
    ]),
    'b.png': image,
  });
  const { pairs, account } = await own.prepared(source('.'));
  expect(pairs).toEqual([['a']]);
  expect(account.ignored).toMatchObject({ count: 1, examples: ['b.png'] });
});
