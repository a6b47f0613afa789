import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset, type PrepareSource } from '#data/prepare/prepare-dataset.js';
import {
  captionBytesMax,
  imageCaptionsMax,
  imageFileBytesMax,
  sidecarBytesMax,
  tableRecordBytesMax,
  tarNameLengthMax,
  tarSampleMembersMax,
} from '#protocol/input/input-limits.js';
import { openFolderStore, smallSample, type FolderStore } from '../support/models/small-dataset.js';

// Goal: samples that are too large, no regular files or malicious are left out and named, with little memory, and all
// others are kept. Method: a good sample before and after each kind of bad one.
let target: FolderStore;
let source: string;
let image: Uint8Array;
beforeEach(async () => {
  target = await openFolderStore();
  source = await mkdtemp(join(tmpdir(), 'tandem-source-'));
  ({ image } = await smallSample(1));
});
afterEach(async () => {
  await target.close();
  await rm(source, { recursive: true });
});

async function place(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), content);
  }
}

async function prepared(from: PrepareSource): Promise<{ captions: string[]; skipped: Record<string, string> }> {
  const { manifest } = await prepareDataset(from, target.store, { name: 'prepared', licences: [] });
  const captions = [];
  for await (const caption of (await openDataset(target.store)).captions()) captions.push(caption);
  return {
    captions,
    skipped: Object.fromEntries(manifest.skipped.samples.map(({ key, reason }) => [key.replace(source, ''), reason])),
  };
}

/** Makes a sparse file of zeros, which takes no space on disk. */
async function sparse(name: string, bytes: number): Promise<void> {
  const file = await open(join(source, name), 'w');
  await file.truncate(bytes);
  await file.close();
}

function pipe(name: string): void {
  execFileSync('mkfifo', [join(source, name)]);
}

const tooLong = 'x'.repeat(captionBytesMax + 1);

describe('a table', () => {
  const table = (): PrepareSource => ({ kind: 'table', path: join(source, 'table.csv') });

  it('with captions, rows and groups that are too large keeps the other rows', async () => {
    await place({ 'a.png': image, 'b.png': image, 'c.png': image, 'd.png': image });
    await place({
      'table.csv':
        `filepath,title\na.png,first\nb.png,${tooLong}\n` + `c.png,"${'y'.repeat(tableRecordBytesMax)}"\nd.png,last\n`,
    });
    expect(await prepared(table())).toEqual({
      captions: ['first', 'last'],
      skipped: {
        'b.png': 'A caption of 65,537 bytes; the limit is 64 KiB: shorten it.',
        '/table.csv, line 4': 'The row is larger than the limit of 1 MiB.',
      },
    });
  });

  it('with a quotation mark that is never closed keeps the other rows', async () => {
    await place({ 'a.png': image, 'table.csv': 'filepath,title\na.png,first\nb.png,"oops\na.png,last\n' });
    expect(await prepared(table())).toEqual({
      captions: ['first', 'last'],
      skipped: { '/table.csv, line 3': expect.stringContaining('A quotation mark is not closed') },
    });
  });

  it('with endless captions for one image keeps none of them in memory', async () => {
    await place({
      'a.png': image,
      'b.png': image,
      'table.csv': `filepath,title\na.png,first\n${'b.png,\n'.repeat(300_000)}`,
    });
    expect((await prepared(table())).skipped).toEqual({ 'b.png': 'No caption.' });
    await place({ 'table.csv': `filepath,title\na.png,first\n${'b.png,x\n'.repeat(imageCaptionsMax + 1)}` });
    await rm(target.folder, { recursive: true });
    expect((await prepared(table())).skipped).toEqual({
      'b.png': `More captions than the limit of ${imageCaptionsMax}.`,
    });
  });

  it('that names pipes, devices, folders, huge files or invalid names as images leaves these out', async () => {
    pipe('pipe.png');
    await mkdir(join(source, 'folder.png'));
    await sparse('huge.png', imageFileBytesMax + 1);
    const names = [
      'pipe.png',
      '/dev/zero',
      'folder.png',
      'huge.png',
      'a.png/b.png',
      `${'n'.repeat(300)}.png`,
      'nul\0.png',
    ];
    await place({
      'a.png': image,
      'table.csv': `filepath,title\n${names.map((name) => `${name},bad\n`).join('')}a.png,good\n`,
    });
    const { captions, skipped } = await prepared(table());
    expect(captions).toEqual(['good']);
    expect(Object.keys(skipped)).toEqual(names);
    expect(skipped).toMatchObject({
      'pipe.png': 'The file cannot be read: it is a named pipe, not a file.',
      '/dev/zero': 'The file cannot be read: it is a device, not a file.',
      'folder.png': 'The file cannot be read: EISDIR, it is a folder.',
      'huge.png': 'The file cannot be read: it has 67,108,865 bytes; the limit is 64 MiB.',
    });
  });

  it('that is no regular file, or whose row of headings does not end, is refused at once', async () => {
    pipe('table.csv');
    await expect(prepared(table())).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('it is a named pipe, not a file'),
    });
    await expect(prepared({ kind: 'table', path: '/dev/zero' })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('it is a device, not a file'),
    });
    await expect(prepared({ kind: 'table', path: source })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('it is a folder, not a file'),
    });
    await rm(join(source, 'table.csv'));
    await sparse('table.csv', 300 * 2 ** 20);
    await expect(prepared(table())).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('no row of headings'),
    });
  });
});

describe('a folder', () => {
  it('with sidecars and images that are too large, too deeply nested or no files keeps the others', async () => {
    const bad: Record<string, string | Uint8Array> = {
      'b.txt': 'x'.repeat(sidecarBytesMax + 1),
      'c.json': '{'.repeat(1000),
      'd.txt': tooLong,
      'e.json': '{"captions": ["secret words" secret]}',
    };
    await place({
      'a.png': image,
      'a.txt': 'first',
      'b.png': image,
      'c.png': image,
      'd.png': image,
      'e.png': image,
      'f.txt': 'huge',
      'z.png': image,
      'z.txt': 'last',
      ...bad,
    });
    await sparse('f.png', imageFileBytesMax + 1);
    pipe('g.png');
    await symlink('/dev/zero', join(source, 'h.png'));
    const { captions, skipped } = await prepared({ kind: 'folder', path: source });
    expect(captions).toEqual(['first', 'last']);
    expect(skipped).toEqual({
      'b.png': 'The file cannot be read: it has 1,048,577 bytes; the limit is 1 MiB.',
      'c.png': expect.stringContaining('more than 32 maps and lists inside one another'),
      'd.png': expect.stringContaining('A caption of 65,537 bytes'),
      'e.png': expect.stringMatching(/not valid JSON: an unexpected character at line 1, column 30$/),
      'f.png': expect.stringContaining('the limit is 64 MiB'),
      'g.png': expect.stringContaining('named pipe'),
      'h.png': expect.stringContaining('The link leads to a pipe, a socket or a device'),
    });
    expect(JSON.stringify(skipped)).not.toContain('secret');
  });
});

type MemberHeader = Pick<Header, 'name'> & Partial<Header>;

describe('a tar', () => {
  const tar = (): PrepareSource => ({ kind: 'tar', path: join(source, 'a.tar') });
  const good = (key: string): [MemberHeader, Uint8Array | string][] => [
    [{ name: `${key}.png` }, image],
    [{ name: `${key}.txt` }, key],
  ];

  async function tarOf(members: readonly (readonly [MemberHeader, Uint8Array | string])[]): Promise<Uint8Array> {
    const packed = pack();
    const bytes = buffer(packed);
    for (const [header, content] of members) packed.entry(header, Buffer.from(content));
    packed.finalize();
    return bytes;
  }

  it('with members that are too large or too many skips them and keeps the other samples', async () => {
    const members: [MemberHeader, Uint8Array | string][] = [
      ...good('first'),
      [{ name: 'huge.png' }, new Uint8Array(imageFileBytesMax + 1)],
      [{ name: 'huge.txt' }, 'huge'],
      [{ name: 'wordy.png' }, image],
      [{ name: 'wordy.json' }, new Uint8Array(sidecarBytesMax + 1)],
      ...Array.from({ length: tarSampleMembersMax + 1 }, (_, n): [MemberHeader, string] => [
        { name: `many.x${n}` },
        'x',
      ]),
      [{ name: `${'long/'.repeat(tarNameLengthMax / 4)}name.png` }, image],
      [{ name: 'video.mp4' }, new Uint8Array(1000)],
      [{ name: 'video.png' }, image],
      [{ name: 'video.txt' }, 'video'],
      ...good('last'),
    ];
    await place({ 'a.tar': await tarOf(members) });
    const { captions, skipped } = await prepared(tar());
    expect(captions).toEqual(['first', 'video', 'last']);
    expect(Object.entries(skipped).map(([key, reason]) => [key.slice(0, 20), reason])).toEqual([
      ['/a.tar#huge', 'Its png has 67,108,865 bytes; the limit is 64 MiB.'],
      ['/a.tar#wordy', 'Its json has 1,048,577 bytes; the limit is 1 MiB.'],
      ['/a.tar#long/long/lon', expect.stringContaining('the limit is 4096')],
      ['/a.tar#many', `The sample has more members than the limit of ${tarSampleMembersMax}.`],
    ]);
  });

  it('with names that lead elsewhere, or with links and devices, reads and writes nothing outside', async () => {
    await place({
      'a.tar': await tarOf([
        [{ name: '../../escaped.png' }, image],
        [{ name: '../../escaped.txt' }, 'escaped'],
        [{ name: '/tmp/absolute.png' }, image],
        [{ name: '/tmp/absolute.txt' }, 'absolute'],
        [{ name: 'link.png', type: 'symlink', linkname: '/etc/passwd' }, ''],
        [{ name: 'link.txt' }, 'link'],
        [{ name: 'device.png', type: 'character-device' }, ''],
        [{ name: 'device.txt' }, 'device'],
      ]),
    });
    const { captions, skipped } = await prepared(tar());
    expect(captions).toEqual(['escaped', 'absolute']);
    expect(Object.keys(skipped)).toEqual(['/a.tar#link', '/a.tar#device']);
    for await (const key of target.store.list(''))
      expect(key).toMatch(/^(dataset\.json|shard-\d{6}\.(tar|index\.json))$/);
  });

  it('with endless attributes, or that is no regular file, is refused', async () => {
    await place({ 'a.tar': await tarOf([[{ name: 'a.png', pax: { comment: 'x'.repeat(5 * 2 ** 20) } }, image]]) });
    await expect(prepared(tar())).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('Header exceeds max size'),
    });
    await rm(join(source, 'a.tar'));
    pipe('a.tar');
    await expect(prepared(tar())).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringContaining('it is a named pipe, not a file'),
    });
  });
});
