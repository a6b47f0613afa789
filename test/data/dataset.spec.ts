import { readdir, readFile, truncate, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultDatasetLimits, openDataset } from '#data/dataset/dataset.js';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import { sha256 } from '#data/dataset/canonical-json.js';
import {
  captionBytesMax,
  datasetManifestBytesMax,
  imageFileBytesMax,
  shardIndexBytesMax,
} from '#protocol/input/input-limits.js';
import type { TandemError } from '#protocol/tandem-error.js';
import type { Store } from '#store/store.js';
import { openFolderStore, smallSample, writeSmallDataset, type FolderStore } from '../support/models/small-dataset.js';

// Goal: a data set reads back as it was written, in any order, and damage is named. Method: real files, which are then
// damaged.
let files: FolderStore;
beforeEach(async () => void (files = await openFolderStore()));
afterEach(() => files.close());

const grouped = (sample: Awaited<ReturnType<typeof smallSample>>, number: number): typeof sample => ({
  ...sample,
  group: `group ${number % 3}`,
});
const tinyShards = 1000;

describe('a data set beyond the limits of reading', () => {
  it('is never written: a shard ends before its index gets too large, and a too large image is refused', async () => {
    const { image } = await smallSample(1);
    const writer = datasetWriter(files.store, { name: 'wordy', licences: [] });
    // The captions that take most space in an index: each character is six characters of JSON.
    const captions = Array.from({ length: 16 }, () => '\u0001'.repeat(captionBytesMax));
    for (let number = 0; number < 8; number++)
      await writer.add({ key: `pair-${number}`, image, extension: 'png', captions });
    await expect(
      writer.add({ key: 'huge', image: new Uint8Array(imageFileBytesMax + 1), extension: 'png', captions: ['x'] }),
    ).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringContaining('at most 64 MiB') });
    const { shards } = await writer.finish();
    expect(shards.length).toBeGreaterThan(1);
    for (const { index } of shards) expect(index.bytes).toBeLessThan(shardIndexBytesMax);
    expect((await openDataset(files.store)).pairs).toBe(8);
  });

  it.each<[string, string, number, RegExp]>([
    ['too large', '{', datasetManifestBytesMax + 1, /Expected at most 64 MiB at .*dataset\.json, got 67,108,865 bytes/],
    ['nested too deep', '['.repeat(5000), 0, /inside one another at line 1, column 33/],
    ['not valid JSON', '{"format": secret}', 0, /not valid JSON: an unexpected character at line 1, column 12/],
    [
      'of another version',
      JSON.stringify({ version: 'secret '.repeat(1000) }),
      0,
      /Expected version 1 .* got text of 7000 characters/,
    ],
    ['of another version, a map', '{"version": {"secret": 1}}', 0, /Expected version 1 .* got a map/],
    [
      'of shards that are none',
      JSON.stringify({ shards: Array.from({ length: 100_000 }, () => 'secret') }),
      0,
      /and 99,99\d more/,
    ],
    [
      'of unknown keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`key${n}`, 'secret']))),
      0,
      /Unrecognized keys/,
    ],
  ])(
    'by a manifest that is %s, is refused with a short message that quotes nothing of it',
    async (_what, content, bytes, said) => {
      await writeFile(join(files.folder, 'dataset.json'), content);
      if (bytes > 0) await truncate(join(files.folder, 'dataset.json'), bytes);
      const error = (await openDataset(files.store).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )) as TandemError;
      expect(error).toMatchObject({
        code: 'DATA_INVALID',
        message: expect.stringMatching(new RegExp(said.source, 's')),
      });
      expect(error.message.length).toBeLessThan(2500);
      expect(error.message).not.toContain('secret');
    },
  );

  it('by an index that is too large, or that lists a too large image, is refused', async () => {
    await writeSmallDataset(files.store, 2);
    const path = join(files.folder, 'shard-000000.index.json');
    const index = await readFile(path, 'utf8');
    await truncate(path, shardIndexBytesMax + 1);
    await expect((await openDataset(files.store)).sample(0)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('Expected at most 64 MiB'),
    });
    const claiming = index.replace(/"bytes":\d+/, `"bytes":${imageFileBytesMax + 1}`);
    await writeFile(path, claiming);
    const manifest = await readFile(join(files.folder, 'dataset.json'), 'utf8');
    await writeFile(join(files.folder, 'dataset.json'), manifest.replace(sha256(index), sha256(claiming)));
    await expect((await openDataset(files.store)).sample(0)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/<=67108864.*samples\[0\]\.image\.bytes/s),
    });
  });
});

describe('a data set', () => {
  it.each([0, defaultDatasetLimits.tarBytes])(
    'reads back in any order, with up to %d bytes of tars in memory',
    async (tarBytes) => {
      const manifest = await writeSmallDataset(files.store, 10, grouped, tinyShards);
      expect(manifest.shards.length).toBeGreaterThan(2);
      const dataset = await openDataset(files.store, { ...defaultDatasetLimits, tarBytes, openShards: 2 });
      expect(dataset).toMatchObject({
        name: 'small',
        pairs: 10,
        licences: [{ licence: 'CC0-1.0' }],
        skippedAtBuild: { count: 0 },
      });
      for (const number of [7, 0, 9, 3, 7, 5, 1, 2, 8, 4, 6]) {
        const { key, image, captions, group } = await dataset.sample(number);
        const written = await smallSample(number);
        expect({ key, captions, group }).toEqual({
          key: written.key,
          captions: written.captions,
          group: `group ${number % 3}`,
        });
        expect(Buffer.from(image).equals(written.image)).toBe(true);
      }
      await expect(dataset.sample(10)).rejects.toThrow(/0 <= index < 10, got 10/);
    },
  );

  it('knows its groups and lists all captions', async () => {
    await writeSmallDataset(files.store, 7, grouped, tinyShards);
    const { groups, captions } = await openDataset(files.store);
    expect(groups?.names).toEqual(['group 0', 'group 1', 'group 2']);
    expect([0, 1, 2].map((group) => Array.from(groups?.pairsOf(group) ?? []))).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ]);
    const all = [];
    for await (const caption of captions()) all.push(caption);
    expect(all).toHaveLength(14);
    expect(all.slice(4, 6)).toEqual(['picture number 2', 'the 2th picture']);
  });

  it('has the same bytes when the same samples are written again', async () => {
    const again = await openFolderStore();
    try {
      expect(await writeSmallDataset(again.store, 6, grouped, tinyShards)).toEqual(
        await writeSmallDataset(files.store, 6, grouped, tinyShards),
      );
    } finally {
      await again.close();
    }
  });

  it('caches a decoded image, or the reason why it cannot be decoded', async () => {
    await writeSmallDataset(files.store, 2, (sample, number) =>
      number === 1 ? { ...sample, image: Buffer.from('not an image') } : sample,
    );
    const dataset = await openDataset(files.store);
    const decoded = await dataset.decoded(0, 10);
    expect(decoded).toMatchObject({ kind: 'decoded', key: 'pair-0', image: { width: 13, height: 10 } });
    expect(await dataset.decoded(0, 10)).toBe(decoded);
    expect(await dataset.decoded(0, 16)).toMatchObject({ image: { width: 20, height: 16 } });
    expect(await dataset.decoded(1, 10)).toMatchObject({
      kind: 'unreadable',
      key: 'pair-1',
      reason: expect.stringContaining('Unreadable image of 12 bytes'),
    });
  });
});

describe('what a data set holds in memory', () => {
  const pictureBytes = 13 * 10 * 3; // Decoded with its shorter side 10 pixels.

  /** A store that notes the key of each read. */
  function noting(reads: string[]): Store {
    const { getRange } = files.store;
    return { ...files.store, getRange: (key, ...range) => (reads.push(key), getRange(key, ...range)) };
  }

  it('is loaded once for all who ask for it meanwhile', async () => {
    await writeSmallDataset(files.store, 2);
    const reads: string[] = [];
    const dataset = await openDataset(noting(reads), { ...defaultDatasetLimits, tarBytes: 0 });
    reads.length = 0;
    const [one, another] = await Promise.all([dataset.decoded(0, 10), dataset.decoded(0, 10)]);
    expect(one).toBe(another);
    expect(reads).toEqual(['shard-000000.index.json', 'shard-000000.tar']);
  });

  it('L1: is what was used last, no more than the limits allow', async () => {
    const { shards } = await writeSmallDataset(files.store, 3, undefined, 1);
    expect(shards).toHaveLength(3);
    const reads: string[] = [];
    const decodedBytes = 2 * (pictureBytes + 1024);
    const dataset = await openDataset(noting(reads), { decodedBytes, tarBytes: 0, openShards: 2 });
    const used = [0, 1, 0, 2, 0, 1];
    reads.length = 0;
    for (const index of used) await dataset.decoded(index, 10);
    expect(reads.filter((key) => key.endsWith('.tar'))).toEqual([0, 1, 2, 1].map((shard) => `shard-00000${shard}.tar`));
    reads.length = 0;
    for (const index of used) await dataset.sample(index);
    const opened = reads.filter((key) => key.endsWith('.index.json'));
    expect(opened).toEqual([0, 2, 1].map((shard) => `shard-00000${shard}.index.json`));
  });

  it('is given and not kept where it alone exceeds the limit', async () => {
    await writeSmallDataset(files.store, 1);
    const dataset = await openDataset(files.store, { ...defaultDatasetLimits, decodedBytes: pictureBytes });
    const decoded = await dataset.decoded(0, 10);
    const again = await dataset.decoded(0, 10);
    expect(again).toEqual(decoded);
    expect(again).not.toBe(decoded);
  });

  it('comes to all who wait for it, also where others push it out meanwhile', async () => {
    await writeSmallDataset(files.store, 6, undefined, 1);
    const dataset = await openDataset(files.store, { decodedBytes: pictureBytes + 1024, tarBytes: 0, openShards: 1 });
    const all = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => dataset.decoded(index, 10)));
    expect(all.map(({ key }) => key)).toEqual([0, 1, 2, 3, 4, 5].map((index) => `pair-${index}`));
  });

  it('is no failure: what cannot be read is tried again', async () => {
    const { shards } = await writeSmallDataset(files.store, 1);
    const path = join(files.folder, shards[0]?.index.key as string);
    const index = await readFile(path);
    const dataset = await openDataset(files.store);
    await unlink(path);
    await expect(dataset.decoded(0, 10)).rejects.toThrow(/got no such file/);
    await writeFile(path, index);
    expect(await dataset.decoded(0, 10)).toMatchObject({ kind: 'decoded' });
  });
});

describe('a damaged data set', () => {
  it('is reported as missing if there is none', async () => {
    await expect(openDataset(files.store)).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `Expected a data set at ${files.store.url}, found no dataset.json there.`,
      help: expect.stringContaining('tandem dataset prepare'),
    });
  });

  it('is refused if it has another version or an invalid manifest', async () => {
    await writeSmallDataset(files.store, 2);
    const path = join(files.folder, 'dataset.json');
    const manifest = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...manifest, version: 2 }));
    await expect(openDataset(files.store)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/Expected version 1 .* at .*dataset.json, got 2/),
    });
    await writeFile(path, JSON.stringify({ ...manifest, pairs: 'two', owner: 'me' }));
    await expect(openDataset(files.store)).rejects.toThrow(/owner[\s\S]*pairs/);
    await writeFile(path, '{"format":');
    await expect(openDataset(files.store)).rejects.toThrow(/not valid JSON/);
  });

  it('is reported with the shard that is cut short, missing, or has another index', async () => {
    const { shards } = await writeSmallDataset(files.store, 6, undefined, tinyShards);
    const [first, second] = shards.map(({ tar }) => join(files.folder, tar.key));
    await truncate(first as string, 700);
    await expect((await openDataset(files.store)).sample(0)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message:
        `The data set is incomplete at ${files.store.url}/shard-000000.tar: expected ` +
        `${shards[0]?.tar.bytes} bytes, got 700 bytes.`,
    });
    await unlink(second as string);
    await expect((await openDataset(files.store)).sample(shards[0]?.pairs as number)).rejects.toThrow(
      /shard-000001.tar: expected \d+ bytes, got no such file/,
    );
    await writeFile(join(files.folder, 'shard-000001.index.json'), '{}');
    await expect((await openDataset(files.store)).sample(shards[0]?.pairs as number)).rejects.toThrow(
      /shard-000001.index.json: expected sha256/,
    );
  });
});

describe('datasetWriter', () => {
  it('refuses pairs that could not be read back', async () => {
    const writer = datasetWriter(files.store, { name: 'refusing', licences: [] });
    const sample = await smallSample(0);
    await writer.add(sample);
    await expect(writer.add(sample)).rejects.toThrow(/a key that no other pair has/);
    await expect(writer.add({ ...sample, key: 'a.b' })).rejects.toThrow(/letters, digits, _ and -/);
    await expect(writer.add({ ...sample, key: 'k', captions: [] })).rejects.toThrow(/at least one caption/);
    writer.skip('elsewhere.png', 'Unreadable image.');
    expect(await writer.finish()).toMatchObject({
      pairs: 1,
      groups: null,
      skipped: { count: 1, samples: [{ key: 'elsewhere.png', reason: 'Unreadable image.' }] },
    });
  });

  it.each([
    ['most', [false, true, true, true, false, true], ['pair-1', 'pair-2', 'pair-3', 'pair-5'], 0],
    ['half', [true, false, true, false], ['pair-0', 'pair-1', 'pair-2', 'pair-3'], 2],
  ])('of pairs of which %s have a group keeps groups or pairs, whichever are more', async (_, hasGroup, kept, lost) => {
    const writer = datasetWriter(files.store, { name: 'mixed', licences: [], shardBytes: tinyShards });
    for (const [number, has] of hasGroup.entries())
      await writer.add({ ...(await smallSample(number)), ...(has && { group: `g${number % 2}` }) });
    const manifest = await writer.finish();
    expect(writer.groupsDropped).toBe(lost);
    const dataset = await openDataset(files.store);
    const keys = await Promise.all(Array.from({ length: dataset.pairs }, async (_pair, at) => dataset.sample(at)));
    expect(keys.map(({ key }) => key)).toEqual(kept);
    expect(keys.map(({ image }) => Buffer.from(image).toString('hex'))).toEqual(
      await Promise.all(
        kept.map(async (key) => Buffer.from((await smallSample(Number(key.at(-1)))).image).toString('hex')),
      ),
    );
    expect(dataset.groups?.names).toEqual(lost === 0 ? ['g1', 'g0'] : undefined);
    expect(manifest.skipped.samples).toEqual(
      lost === 0 ? ['pair-0', 'pair-4'].map((key) => ({ key, reason: 'No group, which most pairs have.' })) : [],
    );
    expect((await readdir(files.folder)).filter((name) => name.endsWith('.tar'))).toHaveLength(manifest.shards.length);
  });

  it('is not left behind when no pair was written', async () => {
    const writer = datasetWriter(files.store, { name: 'empty', licences: [] });
    writer.skip('a.png', 'No caption.');
    await expect(writer.finish()).rejects.toThrow(
      /Expected pairs for data set "empty", got none; the first of 1 skipped: a.png: No caption./,
    );
    await expect(openDataset(files.store)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
