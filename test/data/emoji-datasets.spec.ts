import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { captionsOf, readEmojiList } from '#data/prepare/emoji/emoji-list.js';
import { heldOutStyle, prepareEmojiDatasets, seenStyle, trainingStyles } from '#data/prepare/emoji/emoji-datasets.js';
import { openFolderStore, type FolderStore } from '../support/models/small-dataset.js';

// Goal: the demo's data sets are as described: one style is held out, captions do not tell the style, and licences are
// named. Method: the first 60 emoji of the packages that the demo itself uses.
const packages = 'demo/node_modules';
const stores: FolderStore[] = [];
let [train, heldOut, seen]: Dataset[] = [];

beforeAll(async () => {
  for (let i = 0; i < 3; i++) stores.push(await openFolderStore());
  const [a, b, c] = stores.map(({ store }) => store) as [
    FolderStore['store'],
    FolderStore['store'],
    FolderStore['store'],
  ];
  await prepareEmojiDatasets({ packages, train: a, heldOut: b, seen: c, most: 60 });
  [train, heldOut, seen] = [await openDataset(a), await openDataset(b), await openDataset(c)];
});
afterAll(() => Promise.all(stores.map((one) => one.close())));

async function stylesOf(dataset: Dataset | undefined): Promise<string[]> {
  const keys = await Promise.all(
    Array.from({ length: dataset?.pairs ?? 0 }, async (_, index) => (await dataset?.sample(index))?.key),
  );
  return [...new Set(keys.map((key) => key?.split('_')[0] ?? ''))];
}

describe('the emoji data sets', () => {
  it('train on seven styles, never on the held-out one', async () => {
    expect(await stylesOf(train)).toEqual([...trainingStyles]);
    expect(await stylesOf(heldOut)).toEqual([heldOutStyle]);
    expect(await stylesOf(seen)).toEqual([seenStyle]);
  });

  it('evaluate on the classes that are trained on', () => {
    expect(heldOut?.groups?.names).toHaveLength(60);
    expect(heldOut?.groups?.names.slice(0, 2)).toEqual(['grinning face', 'grinning face with big eyes']);
    expect(train?.groups?.names).toEqual(expect.arrayContaining([...(heldOut?.groups?.names ?? [])]));
    expect(seen?.groups?.names).toEqual(heldOut?.groups?.names);
  });

  it('show square pictures on white', async () => {
    for (const dataset of [train, heldOut]) {
      const { image } = (await dataset?.sample(3)) as { image: Uint8Array };
      const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels, data[0], data[1], data[2]]).toEqual([48, 48, 3, 255, 255, 255]);
      expect(new Set(data).size).toBeGreaterThan(20);
    }
  });

  it('give an emoji the same captions in every style', async () => {
    const captions = new Map<string, string>();
    for (let index = 0; index < (train?.pairs ?? 0); index++) {
      const sample = await train?.sample(index);
      const said = JSON.stringify(sample?.captions);
      expect(captions.get(sample?.group ?? '') ?? said).toBe(said);
      captions.set(sample?.group ?? '', said);
    }
    expect(captions.size).toBe(60);
  });

  it('name the licence of every source', async () => {
    expect(train?.licences).toHaveLength(trainingStyles.length + 1);
    expect(heldOut?.licences).toMatchObject([
      { source: 'OpenMoji by OpenMoji', licence: 'CC-BY-SA-4.0' },
      { licence: 'MIT' },
    ]);
    const { dependencies } = JSON.parse(await readFile(join('demo', 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const page = await readFile(join('demo', 'LICENCES.md'), 'utf8');
    for (const [name, version] of Object.entries(dependencies)) expect(page).toContain(`\`${name}\` ${version}`);
    for (const { licence } of [...(train?.licences ?? []), ...(heldOut?.licences ?? [])])
      expect(page).toContain(licence);
  });
});

describe('the emoji list', () => {
  it('has every emoji once, without skin tones and components', async () => {
    const list = await readEmojiList(packages);
    expect(list).toHaveLength(1914);
    expect(new Set(list.map(({ label }) => label)).size).toBe(1914);
    expect(list.filter(({ label }) => /skin tone|regional indicator/.test(label))).toEqual([]);
  });

  it('gives several captions, each with the name first or in a short sentence', () => {
    expect(
      captionsOf({
        code: '1f436',
        label: 'dog face',
        tags: ['animal', 'pet', 'puppies', 'puppy'],
        kind: 'animals & nature',
      }),
    ).toEqual([
      'dog face',
      'an emoji of dog face',
      'a drawing of dog face',
      'dog face, from animals & nature',
      'dog face: animal, pet',
      'dog face: puppies, puppy',
    ]);
  });
});
