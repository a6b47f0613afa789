// Goal: whenever a process is killed, the next one finds what was recorded, and writes the files that it would have
// written. Method: the files as a kill leaves them, at each place.
import { appendFile, cp, mkdtemp, readFile, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { PictureEntry } from './picture-entry.js';
import { dropDuplicates, openShard, readShardStats } from './shard.js';
import { pictureKey } from './shard-names.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-shard-'));
});
afterEach(() => rm(root, { recursive: true }));

const number = 7;
const key = (index: number): string => pictureKey(number, index);
const url = (index: number): string => `https://a.example/${index}`;

async function store(folder: string, indices: readonly number[]): Promise<void> {
  const shard = await openShard(folder, number);
  for (const index of indices) {
    const hashes = { sha256: `${index}`, phash: `${index % 3}` };
    const entry: PictureEntry = { key: key(index), url: url(index), status: 'success', extension: 'jpg', ...hashes };
    const image = new Uint8Array(700 + index).fill(index);
    await shard.record(index, entry, { image, text: `picture ${index}`, json: { key: key(index) } });
  }
  await shard.close();
}

async function fail(folder: string, index: number): Promise<void> {
  const shard = await openShard(folder, number);
  const failure = { status: 'failed_to_download', error_message: 'HTTP status 503', can_pass: true } as const;
  await shard.record(index, { key: key(index), url: url(index), ...failure });
  await shard.close();
}

async function finish(folder: string, count: number): Promise<void> {
  const shard = await openShard(folder, number);
  await shard.finish(count);
  await shard.close();
}

async function files(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort();
  const read = names.map(async (name) => [name, (await readFile(join(folder, name))).toString('latin1')] as const);
  return Object.fromEntries(await Promise.all(read));
}

/** A shard of six pictures that was written at once. */
async function wholeShard(): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(root, 'whole-'));
  await store(folder, [0, 1, 2, 3, 4, 5]);
  await finish(folder, 6);
  return files(folder);
}

it('the order in which pictures come makes no difference', async () => {
  const folder = await mkdtemp(join(root, 'mixed-'));
  await store(folder, [3, 0, 5]);
  await store(folder, [4, 1, 2]);
  await finish(folder, 6);
  expect(await files(folder)).toEqual(await wholeShard());
});

it('a record that was cut short is as if it had not been, and those before it stay', async () => {
  const folder = await mkdtemp(join(root, 'cut-'));
  await store(folder, [0, 1, 2]);
  const spool = join(folder, '00007.spool');
  const { size } = await stat(spool);
  await store(folder, [3]);
  for (const cut of [1, 11, 12, 40, 300]) {
    await store(folder, [3]);
    await truncate(spool, size + cut);
    const shard = await openShard(folder, number);
    expect([shard.entry(2)?.key, shard.entry(3)]).toEqual([key(2), undefined]);
    await shard.close();
    expect((await stat(spool)).size).toBe(size);
  }
  await appendFile(spool, new Uint8Array(500).fill(0xee));
  await store(folder, [3, 4, 5]);
  await finish(folder, 6);
  expect(await files(folder)).toEqual(await wholeShard());
});

it('a kill between the tar, the statistics and the end of the spool is made good by the next call', async () => {
  const folder = await mkdtemp(join(root, 'ended-'));
  await store(folder, [0, 1, 2, 3, 4, 5]);
  await cp(join(folder, '00007.spool'), join(root, 'spool'));
  await finish(folder, 6);
  const whole = await files(folder);
  for (const missing of ['00007.tar', '00007_stats.json', undefined]) {
    await cp(join(root, 'spool'), join(folder, '00007.spool'));
    if (missing !== undefined) await rm(join(folder, missing));
    await finish(folder, 6);
    expect(await files(folder)).toEqual(whole);
  }
});

it('a failure that became a picture is put into its place in the tar', async () => {
  const folder = await mkdtemp(join(root, 'later-'));
  await store(folder, [0, 1, 3, 5]);
  await fail(folder, 2);
  await fail(folder, 4);
  await finish(folder, 6);
  expect(await readShardStats(folder, number)).toMatchObject({ successes: 4, failed_to_download: 2 });
  await store(folder, [4, 2]);
  await finish(folder, 6);
  expect(await files(folder)).toEqual(await wholeShard());
});

it('duplicates are taken out, and stay out when the shard is written again', async () => {
  const folder = await mkdtemp(join(root, 'duplicates-'));
  await store(folder, [0, 1, 2, 3, 4]);
  await fail(folder, 5);
  await finish(folder, 6);
  const { pictures } = (await readShardStats(folder, number))!;
  await dropDuplicates(folder, number, pictures, new Map([3, 4].map((index) => [key(index), key(index - 3)])));
  await store(folder, [5]);
  await finish(folder, 6);
  expect(await readShardStats(folder, number)).toMatchObject({ successes: 4, duplicates: 2, count: 6 });
  const tar = (await files(folder))['00007.tar']!;
  expect(['000070000.jpg', '000070003.jpg', '000070005.txt'].map((name) => tar.includes(name))).toEqual([
    true,
    false,
    true,
  ]);
});

it('statistics that are something else are refused, with what to do', async () => {
  await appendFile(join(root, '00007_stats.json'), '{"count": 3}');
  await expect(readShardStats(root, number)).rejects.toMatchObject({
    code: 'DATA_INVALID',
    help: 'Remove this file and its tar: the shard is downloaded again.',
  });
});
