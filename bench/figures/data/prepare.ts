import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import sharp from 'sharp';
import { prepareDataset } from '#data/prepare/prepare-dataset.js';
import { tablePictures } from '#data/prepare/table/table-pictures.js';
import { openStore } from '#store/open-store.js';
import type { Measurement } from '../../figure.js';
import { cpuSecondsOf, measurementAgainst, turnCount } from '../../turns.js';
import { growthOf, mebibyte } from '../../workload/process-memory.js';

const pictures = 2000;
const side = 16;
const cores = 2;
const rows = 1_000_000;

/**
 * Small pictures of a table that are checked and stored in a second of two cores, by CPU time, and by how much memory
 * grows while the pictures of a long table are found. Each of its rows is a picture of its own.
 */
export async function* measure(): AsyncGenerator<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-prepare-'));
  try {
    const longTable = join(folder, 'long.csv');
    await writeTable(longTable, rows);
    const { result, grownBytes } = await growthOf(() => picturesIn(longTable));
    if (result !== rows) throw new Error(`expected ${rows} pictures, got ${result}`);

    const table = join(folder, 'table.csv');
    await writeTable(table, pictures);
    await writePictures(folder);
    const rates: number[] = [];
    for (let turn = 0; turn <= turnCount; turn++) {
      const store = openStore(join(folder, `out-${turn}`));
      const seconds = await cpuSecondsOf(async () => {
        const { manifest } = await prepareDataset({ kind: 'table', path: table }, store, {
          name: 'bench',
          licences: [],
        });
        if (manifest.pairs !== pictures) throw new Error(`expected ${pictures} pairs, got ${manifest.pairs}`);
      });
      await store.close();
      // The first turn lets V8 compile the code.
      if (turn > 0) rates.push((cores * pictures) / seconds);
    }
    yield measurementAgainst(1500, 'prepare', 'pictures/s', rates);
    yield measurementAgainst(256, 'prepare/rows/memory', 'MiB', [grownBytes / mebibyte]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeTable(path: string, count: number): Promise<void> {
  function* lines(): Generator<string> {
    yield 'filepath,title\n';
    for (let row = 0; row < count; row++) yield `pictures/${row}.png,a caption of picture ${row}\n`;
  }
  await pipeline(Readable.from(lines()), createWriteStream(path));
}

async function writePictures(folder: string): Promise<void> {
  await mkdir(join(folder, 'pictures'));
  for (let at = 0; at < pictures; at++) {
    const background = { r: at % 256, g: (at >> 8) * 30, b: 90 };
    const picture = sharp({ create: { width: side, height: side, channels: 3, background } });
    await writeFile(join(folder, 'pictures', `${at}.png`), await picture.png().toBuffer());
  }
}

async function picturesIn(path: string): Promise<number> {
  const report = { ignored: () => undefined, say: () => undefined, reached: () => undefined };
  let found = 0;
  for await (const one of tablePictures({ path, images: 'paths' }, report)) if (one.kind === 'picture') found++;
  return found;
}
