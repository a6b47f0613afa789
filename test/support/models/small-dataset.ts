import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import type { NewSample } from '#data/dataset/sample.js';
import type { DatasetManifest } from '#data/dataset/dataset-manifest.js';
import { openStore } from '#store/open-store.js';
import type { Store } from '#store/store.js';

/** A store in a new temporary directory, which `close` removes. */
export interface FolderStore {
  readonly folder: string;
  readonly store: Store;
  close(): Promise<void>;
}

export async function openFolderStore(): Promise<FolderStore> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-data-'));
  const store = openStore(`file:${folder}`);
  return {
    folder,
    store,
    async close() {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Pair `number`: a 20 × 16 image that differs from all others, with two captions. */
export async function smallSample(number: number): Promise<NewSample> {
  const pixels = Uint8Array.from(
    { length: 20 * 16 * 3 },
    (_, i) => (i * 31 + number * 7919 + ((i * number) % 97)) % 256,
  );
  const image = await sharp(pixels, { raw: { width: 20, height: 16, channels: 3 } })
    .png()
    .toBuffer();
  return {
    key: `pair-${number}`,
    image,
    extension: 'png',
    captions: [`picture number ${number}`, `the ${number}th picture`],
  };
}

/** Writes a data set of `pairs` small samples. `change` may alter each of them. */
export async function writeSmallDataset(
  store: Store,
  pairs: number,
  change: (sample: NewSample, number: number) => NewSample = (sample) => sample,
  shardBytes?: number,
): Promise<DatasetManifest> {
  const licences = [{ source: 'made by the test', licence: 'CC0-1.0' }];
  const writer = datasetWriter(store, { name: 'small', licences, ...(shardBytes === undefined ? {} : { shardBytes }) });
  for (let number = 0; number < pairs; number++) await writer.add(change(await smallSample(number), number));
  return writer.finish();
}
