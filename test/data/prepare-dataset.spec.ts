import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { pack } from 'tar-stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset, type PrepareOptions, type PrepareSource } from '#data/prepare/prepare-dataset.js';
import { openFolderStore, smallSample, writeSmallDataset, type FolderStore } from '../support/models/small-dataset.js';

// Goal: tables, folders and tars become a data set; samples that cannot be used are left out and named. Method: real
// files of each kind.
let target: FolderStore;
let source: string;
beforeEach(async () => {
  target = await openFolderStore();
  source = await mkdtemp(join(tmpdir(), 'tandem-source-'));
});
afterEach(async () => {
  await target.close();
  await rm(source, { recursive: true });
});

const options: PrepareOptions = { name: 'prepared', licences: [{ source: 'the test', licence: 'CC0-1.0' }] };

async function place(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(source, name)), { recursive: true });
    await writeFile(join(source, name), content);
  }
}

/** Prepares a data set and reads all of it back. */
async function prepared(
  from: PrepareSource,
  more: Partial<PrepareOptions> = {},
): Promise<{ pairs: unknown[]; skipped: Record<string, string> }> {
  const { manifest } = await prepareDataset(from, target.store, { ...options, ...more });
  const dataset = await openDataset(target.store);
  const pairs = [];
  for (let index = 0; index < dataset.pairs; index++) {
    const { captions, group, image } = await dataset.sample(index);
    pairs.push([captions, ...(group === undefined ? [] : [group]), image.byteLength]);
  }
  return { pairs, skipped: Object.fromEntries(manifest.skipped.samples.map(({ key, reason }) => [key, reason])) };
}

describe('a table', () => {
  it.each([
    ['csv', ','],
    ['tsv', '\t'],
  ])('as .%s becomes pairs, and bad rows are named', async (extension, delimiter) => {
    const [a, b] = [await smallSample(1), await smallSample(2)];
    const rows = [
      ['filepath', 'title'],
      ['images/a.png', '"a, or ""A"""'],
      ['images/a.png', 'another'],
      ['b.png', 'b'],
      ['gone.png', 'nowhere'],
      ['text.png', 'no image'],
      ['b.png', ''],
    ];
    await place({
      'images/a.png': a.image,
      'b.png': b.image,
      'text.png': 'text',
      [`table.${extension}`]: rows.map((row) => row.join(delimiter)).join('\n'),
    });
    const { pairs, skipped } = await prepared({ kind: 'table', path: join(source, `table.${extension}`) });
    expect(pairs).toEqual([
      [['a, or "A"', 'another'], a.image.byteLength],
      [['b'], b.image.byteLength],
    ]);
    expect(skipped).toEqual({
      'gone.png': 'The file cannot be read: ENOENT, there is no such file.',
      'text.png': expect.stringContaining('Unreadable image of 4 bytes'),
    });
  });

  it('may have other column names, and one column for the group', async () => {
    const { image } = await smallSample(1);
    await place({ 'a.png': image, 'table.csv': 'image,words,kind\na.png,a cat,cat\n' });
    const columns = { imageColumn: 'image', captionColumn: 'words', groupColumn: 'kind' };
    expect((await prepared({ kind: 'table', path: join(source, 'table.csv'), ...columns })).pairs).toEqual([
      [['a cat'], 'cat', image.byteLength],
    ]);
  });

  it('without the expected columns is refused, with a list of those it has', async () => {
    await place({ 'table.csv': 'url,title\nx,y\n' });
    await expect(prepared({ kind: 'table', path: join(source, 'table.csv') })).rejects.toThrow(
      /Expected the column filepath \(--image-column\) in .*table.csv, got url, title/,
    );
  });
});

describe('a folder', () => {
  it('takes captions from the text and JSON files beside the images', async () => {
    const { image } = await smallSample(1);
    await place({
      'deep/er/a.png': image,
      'deep/er/a.txt': 'first line\n\nsecond line\n',
      'b.png': image,
      'b.json': '{"captions":["one","two"],"width":20}',
      'c.png': image,
      'd.png': image,
      'd.json': '{"captions":7}',
      'readme.md': 'no image',
    });
    const { pairs, skipped } = await prepared({ kind: 'folder', path: source });
    expect(pairs).toEqual([
      [['one', 'two'], image.byteLength],
      [['first line\n\nsecond line'], image.byteLength],
    ]);
    expect(skipped).toEqual({
      'c.png': expect.stringMatching(/^No caption: expected beside it /),
      'd.png': expect.stringMatching(/Expected JSON with captions at .*d.json/),
    });
  });

  it('of classes makes each folder a group', async () => {
    const { image } = await smallSample(1);
    await place({ 'cat/1.png': image, 'cat/2.png': image, 'dog/1.png': image, 'dog/1.txt': 'a good dog' });
    const { pairs } = await prepared({ kind: 'folder', path: source, groupByFolder: true });
    expect(pairs).toEqual([
      [['cat'], 'cat', image.byteLength],
      [['cat'], 'cat', image.byteLength],
      [['a good dog'], 'dog', image.byteLength],
    ]);
  });

  it('shrinks large images if asked to, and stores other formats as jpg or png', async () => {
    const large = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await place({
      'a.png': large,
      'a.txt': 'large',
      'b.png': await sharp(large).resize(30).gif().toBuffer(),
      'b.txt': 'a gif in disguise',
    });
    await prepareDataset({ kind: 'folder', path: source }, target.store, { ...options, shortestSide: 50 });
    const dataset = await openDataset(target.store);
    const formats = await Promise.all(
      [0, 1].map(async (index) => sharp((await dataset.sample(index)).image).metadata()),
    );
    expect(formats).toMatchObject([
      { format: 'jpeg', width: 75, height: 50 },
      { format: 'png', width: 30, height: 20 },
    ]);
  });
});

describe('webdataset tars', () => {
  async function tarOf(members: Record<string, string | Uint8Array>): Promise<Uint8Array> {
    const tar = pack();
    for (const [name, content] of Object.entries(members)) tar.entry({ name }, Buffer.from(content));
    tar.finalize();
    return buffer(tar);
  }

  it('are read member by member; the key of a sample ends at the first dot', async () => {
    const { image } = await smallSample(1);
    await place({
      'b.tar': await tarOf({
        'x/2.seg.png': 'another kind of member',
        'x/2.png': image,
        'x/2.json': '{"caption":"from json","group":7}',
        'x/2.txt': 'from json',
      }),
      'a.tar': await tarOf({
        '1.png': image,
        '1.txt': 'from text',
        '1.json': '{"group":"g","width":20}',
        '3.txt': 'no image',
      }),
    });
    const { pairs, skipped } = await prepared({ kind: 'folder', path: source });
    expect(pairs).toEqual([
      [['from text'], 'g', image.byteLength],
      [['from json'], '7', image.byteLength],
    ]);
    expect(skipped).toEqual({
      [`${join(source, 'a.tar')}#3`]:
        'Expected a jpg, png, webp, gif, tiff or avif member, got txt (--image-key names another).',
    });
  });

  it('can be the shards of another data set, whose samples come out unchanged', async () => {
    const original = await openFolderStore();
    try {
      await writeSmallDataset(original.store, 8, (sample, number) => ({ ...sample, group: `g${number % 2}` }), 1000);
      const { pairs } = await prepared({ kind: 'folder', path: original.folder });
      expect(pairs).toHaveLength(8);
      const dataset = await openDataset(target.store);
      for (let number = 0; number < 8; number++) {
        const written = await smallSample(number);
        expect(await dataset.sample(number)).toMatchObject({ captions: written.captions, group: `g${number % 2}` });
        expect(Buffer.from((await dataset.sample(number)).image).equals(written.image)).toBe(true);
      }
    } finally {
      await original.close();
    }
  });

  it('that are damaged stop the preparation, and leave no data set', async () => {
    const { image } = await smallSample(1);
    await place({ 'a.tar': await tarOf({ '1.png': image, '1.txt': 'one', '2.png': image, '2.txt': 'two' }) });
    await truncate(join(source, 'a.tar'), 2300);
    await expect(prepared({ kind: 'folder', path: source })).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/Expected a whole tar file at .*a.tar/),
    });
    await writeFile(join(source, 'a.tar'), Buffer.alloc(2048, 'not a tar '));
    await expect(prepared({ kind: 'folder', path: source })).rejects.toThrow(/Expected a whole tar file at .*a.tar/);
    await expect(openDataset(target.store)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the target', () => {
  it('is overwritten only if asked to, and keeps nothing of the old data set', async () => {
    const { image } = await smallSample(1);
    await place({ 'a.png': image, 'a.txt': 'new' });
    await writeSmallDataset(target.store, 12, undefined, 1000);
    await expect(prepareDataset({ kind: 'folder', path: source }, target.store, options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `Expected no data set at ${target.store.url}, found one.`,
    });
    expect((await prepared({ kind: 'folder', path: source }, { replace: true })).pairs).toEqual([
      [['new'], image.byteLength],
    ]);
    expect((await readdir(target.folder)).filter((name) => name.startsWith('shard-'))).toEqual([
      'shard-000000.index.json',
      'shard-000000.tar',
    ]);
  });

  it('keeps its data set if the source cannot be read at all', async () => {
    await writeSmallDataset(target.store, 3);
    await place({ 'table.csv': 'filepath,title\na.png,x\n' });
    const table: PrepareSource = { kind: 'table', path: join(source, 'table.csv'), groupColumn: 'absent' };
    await expect(prepared(table, { replace: true })).rejects.toThrow(/--group-column/);
    expect((await openDataset(target.store)).pairs).toBe(3);
  });

  it('is written with progress reports', async () => {
    const { image } = await smallSample(1);
    await place({
      'a.png': image,
      'a.txt': 'a',
      'b.png': image,
      'c.png': await readFile(new URL(import.meta.url)),
      'c.txt': 'c',
    });
    const seen: string[] = [];
    await prepareDataset({ kind: 'folder', path: source }, target.store, options, ({ stored, skipped }) =>
      seen.push(`${stored}+${skipped}`),
    );
    expect(seen).toEqual(['1+0', '1+1', '1+2']);
  });
});
