import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { link, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { openStore } from '#store/open-store.js';
import type { Measurement } from '../../figure.js';
import { measurementOf } from '../../turns.js';
import { mebibyte, peakBytes } from '../../workload/process-memory.js';

const rows = 1_000_000;
const fewRows = 100_000;
/** Pixels a side. */
const side = 16;
/** Rows name different paths that share so many files: a disk has room for a million names, not for the files. */
const pictures = 100;

/** Peak memory of preparing a table of many rows of small pictures, and of preparing a tenth of them. */
export async function* measure(): AsyncGenerator<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-rows-'));
  try {
    const table = await writePictures(folder);
    const peakOf = async (count: number): Promise<number> => {
      const path = join(folder, `${count}.tsv`);
      await table(path, count);
      const target = openStore(join(folder, `prepared-${count}`));
      const { manifest } = await prepareDataset({ kind: 'table', path }, target, { name: 'rows', licences: [] });
      if (manifest.pairs !== count) throw new Error(`expected ${count} pairs, got ${manifest.pairs}`);
      await target.close();
      return peakBytes(process.pid) / mebibyte;
    };
    const few = await peakOf(fewRows); // Before the many: the peak of a process only grows.
    yield measurementOf('prepare/rows', 'MiB', [{ value: await peakOf(rows), reference: few }]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Writes the pictures. Returns what writes a table of so many rows and the names in it. */
async function writePictures(folder: string): Promise<(path: string, count: number) => Promise<void>> {
  await mkdir(join(folder, 'pictures'));
  const files = Array.from({ length: pictures }, (_, number) => join(folder, 'pictures', `${number}.png`));
  for (const [number, file] of files.entries()) {
    const background = { r: (number * 37) % 256, g: (number * 91) % 256, b: number };
    await writeFile(
      file,
      await sharp({ create: { width: side, height: side, channels: 3, background } })
        .png()
        .toBuffer(),
    );
  }
  let named = 0;
  return async (path, count) => {
    const file = createWriteStream(path);
    file.write('image\tcaption\n');
    for (let row = 0; row < count; row++) {
      const name = join('pictures', `${Math.floor(row / 10_000)}`, `row-${row}.png`);
      if (row % 10_000 === 0) await mkdir(join(folder, name, '..'), { recursive: true });
      if (row >= named) await link(files[row % pictures]!, join(folder, name));
      if (!file.write(`${name}\ta drawing of number ${row}\n`)) await once(file, 'drain');
    }
    named = Math.max(named, count);
    file.end();
    await once(file, 'finish');
  };
}
