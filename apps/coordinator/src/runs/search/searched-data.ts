import { LRUCache } from 'lru-cache';
import sharp from 'sharp';
import { openDataset, type Dataset, type DatasetLimits } from '#data/dataset/dataset.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';

export interface OpenedData {
  readonly dataset: Dataset;
  readonly place: Store;
}

/** Images are read one by one, from wherever in the data set they are. */
const limits: DatasetLimits = { decodedBytes: 0, tarBytes: 0, openShards: 8 };
/** Twice the width at which the page shows them, for screens of two pixels a point. */
const thumbnailSide = 320;

export async function openData(url: string, access: StoreAccess): Promise<OpenedData> {
  const place = openStore(url, access);
  try {
    return { dataset: await openDataset(place, limits), place };
  } catch (error) {
    await place.close();
    throw error;
  }
}

const opened = new LRUCache<string, OpenedData, StoreAccess>({
  max: 4,
  fetchMethod: (url, _stale, { context }) => openData(url, context),
  dispose: ({ place }) => void place.close(),
});

/** A data set that was looked into lately, or another. Throws what openDataset throws. */
export async function dataAt(url: string, access: StoreAccess): Promise<Dataset> {
  return (await opened.forceFetch(url, { context: access })).dataset;
}

/**
 * An image of a data set as WebP, at most 320 pixels on its longer side. Throws NOT_FOUND if there is none of this
 * index, DATA_INVALID if it cannot be read.
 */
export async function thumbnailOf(dataset: Dataset, index: number): Promise<Uint8Array> {
  if (index >= dataset.pairs)
    throw new TandemError({
      code: ErrorCode.NotFound,
      message: `Data set ${dataset.name}: expected the index of an image, below ${dataset.pairs}, got ${index}`,
      help: 'A search names the indices of what it finds.',
    });
  const { image, key } = await dataset.sample(index);
  try {
    const side = thumbnailSide;
    const sized = sharp(image).rotate().resize(side, side, { fit: 'inside', withoutEnlargement: true });
    return Uint8Array.from(await sized.webp({ quality: 85 }).toBuffer());
  } catch (cause) {
    throw new TandemError({
      code: ErrorCode.DataInvalid,
      message:
        `Data set ${dataset.name}: expected an image that can be read, got "${key}": ` + (cause as Error).message,
      cause,
    });
  }
}
