// Goal: the figures of a data set are what a person counts. Method: a data set whose every figure is known.
import sharp from 'sharp';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { datasetFigures, spreadPairs } from '#data/inspect/dataset-figures.js';
import { openFolderStore, type FolderStore } from '../support/models/small-dataset.js';
import { numberedPicture } from '../support/servers/picture-server.js';

let place: FolderStore;
beforeEach(async () => {
  place = await openFolderStore();
});
afterEach(() => place.close());

const english = ['a red bicycle on the street', 'my dog plays on the beach', 'the old house by the lake'];
const german = ['ein rotes Fahrrad auf der Straße', 'das alte Haus am See'];

it('counts captions, languages, sizes, groups and duplicates', async () => {
  const writer = datasetWriter(place.store, { name: 'known', licences: [] });
  const pictures = await Promise.all([1, 2, 3, 4, 5].map(numberedPicture));
  const captions = [[english[0]!, 'again'], [english[1]!], [english[2]!], [german[0]!], [german[1]!], [english[0]!]];
  for (const [at, texts] of captions.entries())
    await writer.add({
      key: `pair-${at}`,
      image: pictures[at % 5]!,
      extension: 'jpg',
      captions: texts,
      group: at < 4 ? 'first' : 'second',
    });
  const copy = await sharp(pictures[1]).png().toBuffer();
  await writer.add({ key: 'copy', image: copy, extension: 'png', captions: ['IMG_0001'], group: 'second' });
  const large = await sharp(await numberedPicture(9))
    .resize(600, 300, { fit: 'fill' })
    .png()
    .toBuffer();
  await writer.add({ key: 'large', image: large, extension: 'png', captions: ['word '.repeat(90)], group: 'third' });
  const broken = new Uint8Array([0xff, 0xd8, 0xff, 0, 0]);
  await writer.add({ key: 'broken', image: broken, extension: 'jpg', captions: ['broken'], group: 'third' });
  await writer.finish();

  const figures = await datasetFigures(await openDataset(place.store), { images: 100 });
  expect(figures).toMatchObject({
    ...{ name: 'known', pairs: 9 },
    captions: {
      ...{ count: 10, distinct: 9, longShare: 0.1 },
      words: [
        { from: 1, count: 3 },
        { from: 2, count: 0 },
        { from: 3, count: 0 },
        { from: 4, count: 1 },
        { from: 6, count: 5 },
        { from: 8, count: 0 },
        { from: 12, count: 0 },
        { from: 16, count: 0 },
        { from: 24, count: 0 },
        { from: 32, count: 0 },
        { from: 48, count: 0 },
        { from: 77, count: 1 },
      ],
      perPair: [
        { from: 1, count: 8 },
        { from: 2, count: 1 },
      ],
    },
    groups: [
      { name: 'first', count: 4 },
      { name: 'second', count: 3 },
      { name: 'third', count: 2 },
    ],
    images: {
      ...{ lookedAt: 9, equal: 1, alike: 1 },
      formats: [
        { name: 'jpg', count: 6 },
        { name: 'png', count: 2 },
      ],
      shorterSide: { median: 48 },
      unreadable: [{ key: 'broken' }],
      duplicates: [
        { key: 'pair-5', of: 'pair-0', isEqual: true },
        { key: 'copy', of: 'pair-1', isEqual: false },
      ],
    },
  });
  const languages = Object.fromEntries(figures.languages.found.map(({ name, count }) => [name, count]));
  expect(languages).toMatchObject({ English: expect.any(Number), German: 2, unknown: 1 });
  expect(languages['English']).toBeGreaterThanOrEqual(4);
});

it('looks at images that are evenly spread where it is not to look at all', async () => {
  expect(spreadPairs(10, 4)).toEqual([0, 2, 5, 7]);
  expect(spreadPairs(3, 100)).toEqual([0, 1, 2]);
});
