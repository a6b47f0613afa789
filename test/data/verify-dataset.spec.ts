// Goal: whatever is damaged in a data set is named, and nothing else. Method: each kind of damage to files on disk.
import { readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { verifyDataset } from '#data/inspect/verify-dataset.js';
import { openFolderStore, writeSmallDataset, type FolderStore } from '../support/models/small-dataset.js';

let place: FolderStore;
beforeEach(async () => {
  place = await openFolderStore();
  await writeSmallDataset(place.store, 24, (sample, at) => ({ ...sample, group: `g${at % 3}` }), 6000);
});
afterEach(() => place.close());

const at = (name: string): string => join(place.folder, name);

it('finds nothing in a data set as it was written', async () => {
  const shares: number[] = [];
  const result = await verifyDataset(place.store, (share) => shares.push(share));
  expect(result).toMatchObject({ name: 'small', pairs: 24, damaged: [] });
  expect(result.files).toBe((await readdir(place.folder)).filter((name) => /\.(tar|json)$/.test(name)).length - 1);
  expect(shares.at(-1)).toBeLessThanOrEqual(1);
});

it('names every damaged file, with the pairs that are lost, and does not stop at the first', async () => {
  const tars = (await readdir(place.folder)).filter((name) => name.endsWith('.tar')).sort();
  expect(tars.length).toBeGreaterThan(4);
  const [first, second, third, fourth] = tars as [string, string, string, string];
  const index = (tar: string): string => tar.replace('.tar', '.index.json');
  const indexOf = async (tar: string): Promise<{ key: string; image: { offset: number; bytes: number } }[]> =>
    (JSON.parse(await readFile(at(index(tar)), 'utf8')) as { samples: [] }).samples;

  const bytes = await readFile(at(first));
  const [, hit] = await indexOf(first);
  bytes.fill(0, hit!.image.offset, hit!.image.offset + hit!.image.bytes);
  await writeFile(at(first), bytes);
  const lost = (await indexOf(second)).slice(1).map(({ key }) => key);
  await truncate(at(second), (await indexOf(second))[0]!.image.offset + (await indexOf(second))[0]!.image.bytes);
  await rm(at(third));
  await writeFile(at(index(fourth)), '{}');
  await writeFile(at('groups.json'), (await readFile(at('groups.json'), 'utf8')).replace('g1', 'gx'));

  const { damaged } = await verifyDataset(place.store);
  expect(damaged).toEqual([
    { key: 'groups.json', problem: expect.stringMatching(/^Its sha256 is \w{64}; \w{64} was written$/), lostPairs: [] },
    { key: first, problem: expect.stringMatching(/^Its sha256/), lostPairs: [hit!.key] },
    { key: second, problem: expect.stringMatching(/^It has \d+ bytes; \d+ were written$/), lostPairs: lost },
    { key: third, problem: 'It is missing', lostPairs: expect.any(Array) },
    { key: index(fourth), problem: 'It has 2 bytes; ' + `${await bytesIn(index(fourth))} were written`, lostPairs: [] },
  ]);
  expect(damaged[3]!.lostPairs.length).toBe((await indexOf(third)).length);
});

it('a file whose hash was changed with it is held against the others', async () => {
  const text = await readFile(at('dataset.json'), 'utf8');
  await writeFile(at('dataset.json'), text.replace('"pairs":24', '"pairs":25'));
  await expect(verifyDataset(place.store)).rejects.toMatchObject({ code: 'DATA_INVALID' });
});

/** As the manifest says. */
async function bytesIn(key: string): Promise<number> {
  const { shards } = JSON.parse(await readFile(at('dataset.json'), 'utf8')) as {
    shards: { index: { key: string; bytes: number } }[];
  };
  return shards.find(({ index }) => index.key === key)!.index.bytes;
}
