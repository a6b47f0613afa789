// Goal: several data sets are as one, with or without shares, and their tar files are kept on disk where they come from
// elsewhere. Method: small data sets in folders, one of them read through a cache.
import { mkdtemp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { openTrainingDataset, type TrainingData } from '#data/dataset/training-dataset.js';
import { draws } from '#data/sampling/sampler.js';
import type { DataConfig } from '#protocol/run/data-config.js';
import { openBlobCache } from '#store/blob-cache.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { openFolderStore, writeSmallDataset, type FolderStore } from '../support/models/small-dataset.js';

let files: FolderStore;
beforeEach(async () => void (files = await openFolderStore()));
afterEach(() => files.close());

const tinyShards = 4000;

const document = (train: DataConfig['train'], more: Partial<TrainingData['data']> = {}): TrainingData => ({
  data: { train, ...more },
  seed: 0,
});

/** Data sets of 10 and of 6 pairs, in shards of a few pairs. */
async function twoPlaces(groupOf?: (set: string, number: number) => string): Promise<string[]> {
  const places = [];
  for (const [name, pairs] of [['a', 10] as const, ['b', 6] as const]) {
    const place = join(files.folder, name);
    await writeSmallDataset(
      openStore(place),
      pairs,
      (sample, number) => ({
        ...sample,
        key: `${name}-${number}`,
        captions: [`${name} ${number}`],
        ...(groupOf && { group: groupOf(name, number) }),
      }),
      tinyShards,
    );
    places.push(place);
  }
  return places;
}

describe('several data sets', () => {
  it('are as one: pairs, captions and files in the order of the list', async () => {
    const [a, b] = await twoPlaces();
    const both = await openTrainingDataset(document([{ data: a! }, { data: b! }]), openStore);
    expect(both).toMatchObject({ pairs: 16, name: 'small + small', groups: undefined });
    expect(both.sources).toBeUndefined();
    expect(both.filePairs.reduce((sum, count) => sum + count, 0)).toBe(16);
    expect(both.filePairs.length).toBeGreaterThan(2);
    const keys = await Promise.all([0, 9, 10, 15].map(async (index) => (await both.sample(index)).key));
    expect(keys).toEqual(['a-0', 'a-9', 'b-0', 'b-5']);
    expect(await both.decoded(10, 8)).toMatchObject({ kind: 'decoded', key: 'b-0' });
    const captions = [];
    for await (const caption of both.captions()) captions.push(caption);
    expect([captions.length, captions[0], captions.at(-1)]).toEqual([16, 'a 0', 'b 5']);
    await both.close();
  });

  it('have a hash of their own, which their order changes, and one has its own', async () => {
    const [a, b] = await twoPlaces();
    const hashes = [];
    for (const train of [a!, [{ data: a! }], [{ data: a! }, { data: b! }], [{ data: b! }, { data: a! }]])
      hashes.push((await openTrainingDataset(document(train), openStore)).manifestHash);
    expect(hashes[0]).toBe((await openDataset(openStore(a!))).manifestHash);
    expect(hashes[1]).toBe(hashes[0]);
    expect(new Set(hashes).size).toBe(3);
  });

  it('share groups of one name', async () => {
    const [a, b] = await twoPlaces((set, number) => (number % 2 === 0 ? 'even' : `odd of ${set}`));
    const { groups } = await openTrainingDataset(document([{ data: a! }, { data: b! }]), openStore);
    expect(groups!.names).toEqual(['even', 'odd of a', 'odd of b']);
    expect([...groups!.pairsOf(0)]).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
    expect([...groups!.pairsOf(2)]).toEqual([11, 13, 15]);
  });

  it('with weights have their shares of a batch', async () => {
    const [a, b] = await twoPlaces();
    const train = [
      { data: a!, weight: 1 },
      { data: b!, weight: 3 },
    ];
    const dataset = await openTrainingDataset(document(train), openStore);
    const batch = draws({ seed: 1, step: 0, offset: 0, size: 8, batch: 8, dataset, sampling: 'pairs' });
    expect(batch.filter(({ index }) => index < 10)).toHaveLength(2);
  });

  it('of which one is missing name it, and leave nothing open', async () => {
    const [a] = await twoPlaces();
    const closed: string[] = [];
    const open = (place: string): Store => {
      const store = openStore(place);
      return { ...store, close: async () => (closed.push(place), store.close()) };
    };
    const missing = join(files.folder, 'missing');
    await expect(openTrainingDataset(document([{ data: a! }, { data: missing }]), open)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining(missing) as string,
    });
    expect(closed).toEqual([a, missing]);
  });
});

describe('a data set that is kept on disk', () => {
  let large: FolderStore;
  beforeAll(async () => {
    large = await openFolderStore();
    // More than the tar files that are kept in memory may have together.
    const captions = ['x'.repeat(900_000)];
    await writeSmallDataset(large.store, 160, (sample) => ({ ...sample, captions }), 8 * 2 ** 20);
  });
  afterAll(() => large.close());

  /** A store of another machine, by its URL: what is read from it is noted. */
  function elsewhere(place: string, read: string[]): Store {
    const store = openStore(place);
    return {
      ...store,
      url: `s3://bucket/${place}`,
      getPieces: (key) => (read.push(key), store.getPieces(key)),
      getRange: (key, offset, length) => (read.push(`part of ${key}`), store.getRange(key, offset, length)),
    };
  }

  /** The tar files that are read, whole or in part, for some pairs. */
  async function tarsRead(
    sampling: 'pairs' | 'blocks',
    bytesMax: number,
    indices: readonly number[],
  ): Promise<string[]> {
    const read: string[] = [];
    const folder = await mkdtemp(join(files.folder, 'cache-'));
    const cache = openBlobCache({ folder, bytesMax, onEvent: () => undefined });
    const open = (at: string): Store => elsewhere(at, read);
    const kept = await openTrainingDataset(document(large.folder, { sampling }), open, cache);
    const plain = await openDataset(large.store);
    for (const index of indices) {
      const [{ key, image }, expected] = [await kept.sample(index), await plain.sample(index)];
      expect([key, image]).toEqual([expected.key, expected.image]);
    }
    const tars = read.filter((key) => key.endsWith('.tar'));
    expect(await readdir(folder)).toHaveLength(tars.filter((key) => !key.startsWith('part of')).length);
    return tars;
  }

  it.each(['pairs', 'blocks'] as const)('reads each tar once, and gives the same pairs, by %s', async (sampling) => {
    const tars = await tarsRead(sampling, 2 ** 30, [0, 1, 80, 159, 158, 2]);
    expect(tars.every((key) => !key.startsWith('part of'))).toBe(true);
    expect([tars.length, new Set(tars).size]).toEqual([3, 3]);
  });

  it('is read image by image where it does not fit, unless few files are read at a time', async () => {
    const room = 20 * 2 ** 20;
    expect(await tarsRead('pairs', room, [0, 1, 2])).toEqual(oneKey('part of shard-000000.tar', 3));
    expect(await tarsRead('blocks', room, [0, 1, 2])).toEqual(['shard-000000.tar']);
  });
});

function oneKey(key: string, times: number): string[] {
  return Array.from({ length: times }, () => key);
}
