import { createHash } from 'node:crypto';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDataset } from '#data/dataset/dataset.js';
import { prepareEmojiDatasets, trainingStyles } from '#data/prepare/emoji/emoji-datasets.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { dataFolder, packagesFolder, packagesLock } from './demo-folder.js';

/** The data sets the demo trains on and is evaluated on. */
export interface DemoData {
  readonly trainPairs: number;
  readonly heldOutPairs: number;
  readonly styles: number;
  /** True where an earlier demo had prepared the data already. */
  readonly reused: boolean;
}

const parts = ['train', 'held-out', 'seen'] as const;
type Part = (typeof parts)[number];

/**
 * Draw the emoji of the demo's packages into three data sets in demo/out/data, unless an earlier demo has done so with
 * the same packages and the same code.
 */
export async function prepareDemoData(onProgress: (drawings: number) => void): Promise<DemoData> {
  const stampPath = join(dataFolder, 'prepared.json');
  const stamp = await wantedStamp();
  const stores = Object.fromEntries(parts.map((part) => [part, openStore(join(dataFolder, part))])) as Record<
    Part,
    Store
  >;
  try {
    const reused = (await readFile(stampPath, 'utf8').catch(() => '')) === stamp;
    if (!reused) {
      await rm(dataFolder, { recursive: true, force: true });
      const targets = { train: stores.train, heldOut: stores['held-out'], seen: stores.seen };
      await prepareEmojiDatasets({ packages: packagesFolder, ...targets }, ({ stored, skipped }) =>
        onProgress(stored + skipped),
      );
      await writeFile(stampPath, stamp);
    }
    const [train, heldOut] = await Promise.all([openDataset(stores.train), openDataset(stores['held-out'])]);
    return { trainPairs: train.pairs, heldOutPairs: heldOut.pairs, styles: trainingStyles.length, reused };
  } finally {
    await Promise.all(Object.values(stores).map((store) => store.close()));
  }
}

/** A hash of everything the drawings depend on: the packages and the code that draws them. */
async function wantedStamp(): Promise<string> {
  const drawing = new URL('../../../../libs/data/src/prepare/emoji/', import.meta.url);
  const programs = (await readdir(drawing)).filter((name) => name.endsWith('.js') && !name.endsWith('.spec.js')).sort();
  const hash = createHash('sha256').update(await readFile(packagesLock));
  for (const name of programs) hash.update(name).update(await readFile(new URL(name, drawing)));
  return hash.digest('hex');
}
