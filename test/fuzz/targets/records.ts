import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tablePictures } from '#data/prepare/table/table-pictures.js';
import { mutateBytes } from '../mutate-bytes.js';
import { mutateText } from '../mutate-document.js';
import type { Target } from '../target.js';

const fixtures = fileURLToPath(new URL('../../../../test/interop/layout-fixtures', import.meta.url));
const lists = [
  'part-00000.snappy.parquet',
  'zstd.parquet',
  'gzip.parquet',
  'annotations/captions_val2017.json',
  'yfcc100m_dataset.tsv',
];
const withPictures = ['train-00000-of-00001.parquet', 'imagefolder-jsonl/metadata.jsonl'];

/** Parquet, JSON and JSON lines in the layouts of known data sets. */
export const records: Target = {
  cases: 300,
  async open(folder) {
    const seeds = await Promise.all(
      [...lists, ...withPictures].map(async (name) => ({ name, bytes: await readFile(join(fixtures, name)) })),
    );
    const donors = seeds.map(({ bytes }) => bytes);
    return {
      async run(chance) {
        const { name, bytes } = chance.pick(seeds);
        const path = join(folder, `list.${name.split('.').at(-1)}`);
        const isText = !name.endsWith('.parquet') && !chance.oneIn(4);
        await writeFile(path, isText ? mutateText(bytes.toString('utf8'), chance) : mutateBytes(bytes, chance, donors));
        const images = lists.includes(name) ? ('urls' as const) : undefined;
        const report = { ignored: () => undefined, say: () => undefined, reached: () => undefined };
        for await (const picture of tablePictures({ path, images }, report)) void picture;
      },
    };
  },
};
