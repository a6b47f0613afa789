// Goal: the lists of well-known data sets are read as they come. Method: small files in their exact layouts, written by
// pandas and pyarrow (make_layout_fixtures.py).
import { copyFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { tablePictures, type TablePicture } from '#data/prepare/table/table-pictures.js';
import type { PairTable } from '#data/prepare/table/table-rows.js';
import { openFolderStore, type FolderStore } from '../support/models/small-dataset.js';

const fixtures = fileURLToPath(new URL('../../../test/interop/layout-fixtures', import.meta.url));
const at = (name: string): string => join(fixtures, name);

let scratch: string;
let target: FolderStore;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tandem-layouts-'));
  target = await openFolderStore();
});
afterAll(async () => {
  await rm(scratch, { recursive: true });
  await target.close();
});

interface Listed {
  readonly pictures: readonly (readonly string[])[];
  readonly unusable: readonly string[];
  readonly said: readonly string[];
}

/** URL and captions of each picture, and what cannot be used. */
async function listed(path: string, options: Partial<PairTable> = {}): Promise<Listed> {
  const said: string[] = [];
  const report = { ignored: () => undefined, say: (one: string) => said.push(one), reached: () => undefined };
  const pictures: TablePicture[] = [];
  const unusable: string[] = [];
  for await (const one of tablePictures({ path, images: 'urls', ...options }, report))
    if (one.kind === 'picture') pictures.push(one);
    else unusable.push(one.reason);
  return { pictures: pictures.map((one) => [one.path, ...one.captions]), unusable, said };
}

const url = 'https://pictures.example/';

describe('lists of URLs', () => {
  it('Conceptual Captions: captions and URLs without a heading', async () => {
    expect(await listed(at('Train-GCC-training.tsv'))).toEqual({
      pictures: [
        [`${url}1.jpg`, 'a very typical bus station'],
        [`${url}2.jpg?size=large&w=3`, 'the "old" town , at night'],
        [`${url}3.jpg`, 'young business woman on a bench'],
      ],
      unusable: [],
      said: ['a table without a heading: its first row has a URL', 'column 2 for URLs, column 1 for captions'],
    });
  });

  it('CC12M: URLs and captions without a heading', async () => {
    expect((await listed(at('cc12m.tsv'))).pictures).toEqual([
      [`${url}1.jpg`, 'Metal Design Within Reach Ivory Slipper Chairs - a Pair For Sale'],
      [`${url}2.png`, '<PERSON> in the film, a scene'],
    ]);
  });

  it('COCO captions: all captions of an image, wherever its annotations stand', async () => {
    const host = 'http://images.cocodataset.org/val2017/';
    expect((await listed(at('annotations/captions_val2017.json'))).pictures).toEqual([
      [
        `${host}000000397133.jpg`,
        'A man is in a kitchen making pizzas.',
        'Man in apron standing on front of oven with pans and bakeware',
        'A baker is working in the kitchen rolling dough.',
        'A person standing by a stove in a kitchen.',
        'A table with pies being made and a person standing near a wall.',
      ],
      [
        `${host}000000037777.jpg`,
        'The dining table near the kitchen has a bowl of fruit on it.',
        'A small kitchen has various appliances and a table.',
      ],
      [`${host}000000252219.jpg`, 'Three people are walking down the street\nin the city.'],
    ]);
  });

  it.each(['yfcc100m_dataset-0.tsv', 'yfcc100m_dataset.tsv'])('YFCC100M: title and description of %s', async (name) => {
    const farm = (number: number): string => `http://farm5.staticflickr.com/4100/${number}_d0b0dc2f1a.jpg`;
    expect(await listed(at(name))).toEqual({
      pictures: [
        [farm(6985418911), 'A walk along the old harbour', 'Boats & people, "early" in the morning.\nAll of us.'],
        [farm(4673277953), 'IMG_0203', ''],
        [farm(2112234445), 'Ein Spaziergang am alten Hafen', 'We walked along the old harbour on Sunday'],
      ],
      unusable: ['It is a video.'],
      said: ['a table without a heading: its first row has a URL', 'YFCC100M, with title,description for captions'],
    });
    const tags = await listed(at(name), { captionColumn: 'usertags' });
    expect(tags.pictures[0]).toEqual([farm(6985418911), 'boat, harbour at dawn']);
    const english = await listed(at(name), { languages: ['en'] });
    expect(english.pictures).toEqual([
      [farm(6985418911), 'A walk along the old harbour', 'Boats & people, "early" in the morning.\nAll of us.'],
      [farm(2112234445), 'We walked along the old harbour on Sunday'],
    ]);
    const reason = 'No caption in a language that is asked for (--language).';
    expect(english.unusable.toSorted()).toEqual(['It is a video.', reason]);
  });

  it.each(['part-00000.snappy.parquet', 'zstd.parquet', 'gzip.parquet'])('LAION: %s', async (name) => {
    const { pictures, said } = await listed(at(name));
    expect(pictures).toEqual([
      [`${url}1.jpg`, 'Wall clock – “naïve” style'],
      [`${url}2.jpg`, 'Blue dress, 2 pieces'],
      [`${url}3.jpg`, ''],
    ]);
    expect(said).toHaveLength(1);
  });

  it('img2dataset: the Parquet beside its tars', async () => {
    const path = fileURLToPath(
      new URL('../../../test/interop/data-fixtures/img2dataset-tars/00000.parquet', import.meta.url),
    );
    const { pictures } = await listed(path);
    expect(pictures.length).toBeGreaterThan(5);
    expect(pictures[0]).toEqual([expect.stringMatching(/^https?:/), expect.any(String)]);
  });
});

describe('pictures', () => {
  async function prepared(path: string, options: object = {}): Promise<(readonly string[])[]> {
    const source = { kind: 'table' as const, path, ...options };
    const { manifest } = await prepareDataset(source, target.store, { name: 'own', licences: [], replace: true });
    expect(manifest.skipped.samples).toEqual([]);
    const dataset = await openDataset(target.store);
    const pairs = Array.from({ length: dataset.pairs }, async (_, pair) => {
      const { captions, group, image } = await dataset.sample(pair);
      return [`${image.byteLength}`, ...captions, ...(group === undefined ? [] : [`(${group})`])];
    });
    return Promise.all(pairs);
  }

  it.each(['imagefolder-csv/metadata.csv', 'imagefolder-jsonl/metadata.jsonl', 'imagefolder-parquet/metadata.parquet'])(
    'Hugging Face, imagefolder: %s',
    async (name) => {
      const pairs = await prepared(at(name));
      expect(pairs.map(([, ...captions]) => captions)).toEqual([
        ['a golden retriever, playing'],
        ['a "german" shepherd'],
      ]);
    },
  );

  it('COCO captions: files in the folder of their split', async () => {
    const names = ['000000397133.jpg', '000000037777.jpg', '000000252219.jpg'];
    for (const name of names) await copyFile(at('imagefolder-csv/0001.png'), join(scratch, name));
    const pairs = await prepared(at('annotations/captions_val2017.json'), { imageFolder: scratch });
    expect(pairs.map(([, ...captions]) => captions.length)).toEqual([5, 2, 1]);
  });

  it('JSON lines with a list of captions, and other keys', async () => {
    const pairs = await prepared(at('imagefolder-lists.jsonl'), { captionColumn: 'captions' });
    expect(pairs.map(([, ...captions]) => captions)).toEqual([
      ['a golden retriever, playing', 'a dog'],
      ['a "german" shepherd', 'a dog'],
    ]);
  });

  it('Hugging Face, Parquet: pictures in the table, with groups', async () => {
    const pairs = await prepared(at('train-00000-of-00001.parquet'), { groupColumn: 'label' });
    expect(pairs.map(([, ...rest]) => rest)).toEqual([
      ['a first caption', 'another', '(0)'],
      ['the second', '(1)'],
      ['the third', '(0)'],
    ]);
    expect(new Set(pairs.map(([bytes]) => bytes)).size).toBeGreaterThan(1);
  });

  it('img2dataset, Parquet: bytes in the column jpg', async () => {
    const pairs = await prepared(at('00000.parquet'), { imageColumn: 'jpg' });
    expect(pairs.map(([, ...captions]) => captions)).toEqual([['one'], ['two']]);
  });
});

describe('what is broken', () => {
  it('a Parquet that is cut short names the file', async () => {
    const path = join(scratch, 'cut.parquet');
    await copyFile(at('gzip.parquet'), path);
    await truncate(path, 3000);
    await expect(listed(path)).rejects.toMatchObject({
      code: 'DATA_INVALID',
      message: expect.stringMatching(/^Expected a whole Parquet file at .*cut\.parquet: /),
    });
  });

  it('columns that are not there are named, with those that are', async () => {
    const columns = { captionColumn: 'alt' };
    await expect(listed(at('part-00000.snappy.parquet'), columns)).rejects.toThrow(
      /Expected the column alt \(--caption-column\) in .*, got SAMPLE_ID, URL, TEXT/,
    );
  });

  it.each([
    ['{"images": 1}', /neither a list of objects nor COCO captions/],
    ['{"images"', /Expected pairs as JSON at .*: .*JSON/],
    ['[]', /The table is empty/],
  ])('JSON that is something else: %s', async (text, message) => {
    const path = join(scratch, 'other.json');
    await writeFile(path, text);
    await expect(listed(path)).rejects.toMatchObject({ code: 'DATA_INVALID', message: expect.stringMatching(message) });
  });

  it('a line of JSON lines that is no object costs itself', async () => {
    const path = join(scratch, 'lines.jsonl');
    await writeFile(path, `broken\n{"url":"${url}1.jpg","caption":"one"}\n7\n{"caption":"no URL"}\n`);
    expect(await listed(path)).toMatchObject({
      pictures: [[`${url}1.jpg`, 'one']],
      unusable: ['It is no JSON object.', 'It is no JSON object.', 'No URL in its column.'],
    });
  });

  it('annotations and images that do not belong together are counted', async () => {
    const path = join(scratch, 'coco.json');
    const images = [1, 2].map((id) => ({ id, coco_url: `${url}${id}.jpg` }));
    await writeFile(path, JSON.stringify({ images, annotations: [{ image_id: 1, caption: 'one' }, { image_id: 9 }] }));
    expect(await listed(path)).toMatchObject({
      pictures: [[`${url}1.jpg`, 'one']],
      unusable: ['An annotation of an image that is not in the file.', 'An image without an annotation.'],
    });
  });

  it('fields of COCO captions that are no texts cost no other row', async () => {
    const path = join(scratch, 'coco.json');
    const images = [
      { id: 1, coco_url: `${url}1.jpg` },
      { id: 2, coco_url: {}, file_name: null },
    ];
    const annotations = [
      { image_id: 1, caption: 7 },
      { image_id: 2, caption: 'two' },
    ];
    await writeFile(path, JSON.stringify({ images, annotations }));
    expect(await listed(path)).toMatchObject({
      pictures: [[`${url}1.jpg`, '7']],
      unusable: ['No URL in its column.'],
    });
  });

  it.each([{ separator: ';' }, { hasHeading: false }, { encoding: 'latin1' }])('%j is for text', async (options) => {
    await expect(listed(at('gzip.parquet'), options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
