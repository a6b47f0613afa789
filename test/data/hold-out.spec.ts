// Goal: what is held out is never trained on, whatever happens to the source. Method: folders of which every picture is
// prepared, and both data sets read back.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import type { HoldOut } from '#data/prepare/hold-out.js';
import type { PrepareAccount } from '#data/prepare/prepare-account.js';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import type { Store } from '#store/store.js';
import { openOwnSource, type OwnSource } from '../support/models/own-source.js';
import { openFolderStore, smallSample, type FolderStore } from '../support/models/small-dataset.js';

let own: OwnSource;
let apart: FolderStore;
beforeEach(async () => {
  own = await openOwnSource();
  apart = await openFolderStore();
});
afterEach(async () => {
  await own.close();
  await apart.close();
});

const byPicture: HoldOut = { share: 0.25, by: 'picture', seed: 1 };

/** A table with these rows: number of the picture, caption, group. */
async function place(rows: readonly (readonly [number, string, string?])[]): Promise<void> {
  const numbers = [...new Set(rows.map(([number]) => number))];
  const pictures = await Promise.all(
    numbers.map(async (number) => [`${number}.png`, (await smallSample(number)).image] as const),
  );
  const lines = rows.map(([number, caption, group]) => `${number}.png,${caption},${group ?? ''}\n`);
  await own.place({ ...Object.fromEntries(pictures), 'table.csv': `filepath,title,kind\n${lines.join('')}` });
}

async function split(
  holdOut: HoldOut,
  groupColumn?: string,
): Promise<{ kept: string[]; heldOut: string[]; account: PrepareAccount }> {
  const { account, heldOut } = await prepareDataset(
    { kind: 'table', path: `${own.folder}/table.csv`, ...(groupColumn === undefined ? {} : { groupColumn }) },
    own.target.store,
    { name: 'own', licences: [], replace: true, holdOut: { ...holdOut, target: apart.store } },
  );
  expect(heldOut?.name).toBe('own-held-out');
  return { kept: await captionsOf(own.target.store), heldOut: await captionsOf(apart.store), account };
}

async function captionsOf(store: Store): Promise<string[]> {
  const captions = [];
  for await (const caption of (await openDataset(store)).captions()) captions.push(caption);
  return captions;
}

const pictures = [...Array(120).keys()].map((number): [number, string] => [number, `picture ${number}`]);

it('every pair is on one side, in its order; another seed holds out others', async () => {
  await place(pictures);
  const { kept, heldOut, account } = await split(byPicture);
  const order = pictures.map(([, caption]) => caption);
  expect(kept).toEqual(order.filter((caption) => !heldOut.includes(caption)));
  expect(heldOut).toEqual(order.filter((caption) => !kept.includes(caption)));
  expect(account.pairs).toBe(120);
  // 30 are expected; five standard deviations are 24.
  expect(Math.abs(heldOut.length - 30)).toBeLessThan(24);
  expect((await split({ ...byPicture, seed: 2 })).heldOut).not.toEqual(heldOut);
});

it('a pair stays on its side when the source grows, is ordered otherwise or is reduced', async () => {
  await place(pictures.slice(0, 60));
  const { heldOut } = await split(byPicture);
  await place(pictures.toReversed());
  const grown = await split(byPicture);
  const early = pictures.slice(0, 60).map(([, caption]) => caption);
  expect(early.filter((caption) => grown.heldOut.includes(caption))).toEqual(heldOut);
});

it('equal pictures are on one side, under whatever names and captions', async () => {
  const twins = pictures.map(([number]): [number, string] => [number, `again ${number}`]);
  await place([...pictures, ...twins]);
  const { kept, heldOut } = await split(byPicture);
  expect(heldOut.filter((caption) => caption.startsWith('again')).map((caption) => caption.slice(6))).toEqual(
    heldOut.filter((caption) => caption.startsWith('picture')).map((caption) => caption.slice(8)),
  );
  expect(kept.length + heldOut.length).toBe(240);
});

it('by group, all pairs of a group are on one side', async () => {
  const groups = [...Array(20).keys()];
  await place(pictures.map(([number]) => [number, `group ${number % 20}`, `g${number % 20}`]));
  const { kept, heldOut } = await split({ share: 0.3, by: 'group', seed: 1 }, 'kind');
  const sides = groups.map((group) => [kept, heldOut].map((side) => side.filter((one) => one === `group ${group}`)));
  expect(sides.map((side) => side.map(({ length }) => length).sort())).toEqual(groups.map(() => [0, 6]));
  expect(kept.length * heldOut.length).toBeGreaterThan(0);
});

it('is refused where there are no groups to hold out, or everything would be on one side', async () => {
  await place(pictures.slice(0, 4));
  await expect(split({ ...byPicture, by: 'group' })).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: 'Hold out: expected groups to hold out, got 0 of 4 pairs with one.',
  });
  await expect(split({ ...byPicture, share: 1e-9 })).rejects.toMatchObject({
    code: 'DATA_INVALID',
    message: expect.stringMatching(/got all 4 to train on/) as string,
    help: expect.stringMatching(/chance of 1e-9.*another seed than 1/) as string,
  });
  await expect(split({ ...byPicture, share: 1 - 1e-9 })).rejects.toThrow('got all 4 held out');
  await expect(openDataset(own.target.store)).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

it('both data sets have groups, or neither', async () => {
  for (const [number, caption] of pictures.slice(0, 40))
    await own.place({
      [`set/${number}.png`]: (await smallSample(number)).image,
      // A third has no group; of what is held out it may be more than half.
      [`set/${number}.json`]: JSON.stringify({ caption, ...(number % 3 > 0 && { group: `g${number % 2}` }) }),
    });
  const { manifest, heldOut, account } = await prepareDataset(
    { kind: 'folder', path: `${own.folder}/set` },
    own.target.store,
    { name: 'own', licences: [], holdOut: { ...byPicture, target: apart.store } },
  );
  expect([manifest.groups?.count, heldOut?.groups?.count]).toEqual([2, 2]);
  expect(manifest.pairs + heldOut!.pairs).toBe(26);
  expect(account).toMatchObject({ pairs: 26, leftOut: [{ what: 'No group, which most pairs have.', count: 14 }] });
});
