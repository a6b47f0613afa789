import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import sharp from 'sharp';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { openStore } from '#store/open-store.js';
import { numberedPicture, startPictureServer } from '../../support/servers/picture-server.js';
import type { Python } from '../python.js';
import { notInstalled, type Row } from '../table.js';
import { tandem } from '../tandem-command.js';

/** A pair as a tool reads it. */
interface ReadPair {
  readonly key: string;
  readonly sha256: string;
  readonly captions: readonly string[];
  readonly group?: string;
  /** Of a `.txt`, which downloads have. */
  readonly text?: string;
}

/** Tars that Tandem wrote, and what its own reader gives. */
interface WrittenTars {
  readonly name: string;
  readonly tars: readonly string[];
  readonly tools: readonly string[];
  readonly pairs: readonly ReadPair[];
}

interface Answer {
  readonly name: string;
  readonly tool: string;
  readonly version?: string;
  readonly pairs?: readonly ReadPair[];
  readonly failed?: string;
}

/** Data sets and a download, read by webdataset and datasets: pictures, captions and groups must be equal. */
export async function dataSetRows(python: Python, folder: string): Promise<Row[]> {
  await mkdir(folder);
  const written = [
    await prepared(folder, 'prepared, of JPEGs', ['jpeg'], ['webdataset', 'datasets']),
    await prepared(
      folder,
      'prepared, of 3 formats',
      ['jpeg', 'png', 'webp'],
      ['webdataset', 'datasets, features given'],
    ),
    await downloaded(folder, ['webdataset', 'datasets']),
  ];
  const jobs = join(folder, 'jobs.json');
  await writeFile(jobs, JSON.stringify(written));
  const answers = python.run('read-back/read_data.py', jobs).trim().split('\n');
  return answers.map((line): Row => {
    const { name, tool, version, pairs = [], failed } = JSON.parse(line) as Answer;
    if (version === undefined) return notInstalled(name, `read by ${tool}`);
    const what = `read by ${tool.replace(/^\w+/, `$& ${version}`)}`;
    const expected = written.find((one) => one.name === name)!.pairs;
    const isRight = isDeepStrictEqual(pairs, expected);
    return { name, what, result: failed ?? (isRight ? `${pairs.length} pairs` : 'other pairs'), isRight };
  });
}

const sentences = [
  'a cat, asleep',
  'she said "hello, you" and left',
  'first line\nsecond line',
  'café – “naïve”, 日本語',
  'back\\slash \\\\ twice',
];

type Format = 'jpeg' | 'png' | 'webp';

/** A data set of several tars, from a folder of pictures and their captions, one or two for each. */
async function prepared(
  folder: string,
  name: string,
  formats: readonly Format[],
  tools: readonly string[],
): Promise<WrittenTars> {
  const [source, target] = [join(folder, `${formats.join('-')}-source`), join(folder, formats.join('-'))];
  await mkdir(source);
  for (let number = 0; number < 12; number++) {
    const format = formats[number % formats.length]!;
    await writeFile(
      join(source, `${number}.${format}`),
      await sharp(await numberedPicture(number))
        .toFormat(format)
        .toBuffer(),
    );
    const some = [`${sentences[number % sentences.length]!} ${number}`, `another of ${number}`].slice(number % 2);
    await writeFile(join(source, `${number}.json`), JSON.stringify({ captions: some, group: `class ${number % 3}` }));
  }
  const store = openStore(target);
  const settings = { name: 'pictures', licences: [], shardBytes: 16 * 2 ** 10 };
  await prepareDataset({ kind: 'folder', path: source }, store, settings);
  await store.close();
  return { name, tools, tars: await tarsIn(target), pairs: await ownPairs(target) };
}

const shardPictures = 8;

/** Two tars of a download of a list, from a server of this process. */
async function downloaded(folder: string, tools: readonly string[]): Promise<WrittenTars> {
  const [list, target] = [join(folder, 'list.jsonl'), join(folder, 'downloaded')];
  const server = await startPictureServer();
  const rows = Array.from({ length: 12 }, (_, number) =>
    JSON.stringify({
      url: `${server.url}/ok/${number}.jpg`,
      caption: `${sentences[number % sentences.length]!} ${number}`,
    }),
  );
  await writeFile(list, `${rows.join('\n')}\n`);
  await tandem('dataset', 'download', list, target, '--allow-private', '--shard-pictures', `${shardPictures}`).finally(
    server.close,
  );
  await tandem('dataset', 'prepare', target, `${target}-data`);
  const pairs = (await ownPairs(`${target}-data`)).map((pair, number) => {
    const [shard, place] = [Math.floor(number / shardPictures), number % shardPictures];
    const key = `${shard}`.padStart(5, '0') + `${place}`.padStart(4, '0'); // As img2dataset numbers them.
    return { ...pair, key, text: pair.captions[0]! };
  });
  return { name: 'downloaded', tools, tars: await tarsIn(target), pairs };
}

async function tarsIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.tar')).sort();
  if (names.length < 2) throw new Error(`expected several tars in ${folder}, got ${names.length}`);
  return names.map((name) => join(folder, name));
}

/** What Tandem's own reader gives, in its order. */
async function ownPairs(folder: string): Promise<ReadPair[]> {
  const store = openStore(folder);
  const dataset = await openDataset(store);
  const pairs: ReadPair[] = [];
  for (let at = 0; at < dataset.pairs; at++) {
    const { key, image, captions, group } = await dataset.sample(at);
    const sha256 = createHash('sha256').update(image).digest('hex');
    pairs.push({ key, sha256, captions, ...(group === undefined ? {} : { group }) });
  }
  await store.close();
  return pairs;
}
