import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { photoSide, writePhotoDataset } from './photo-dataset.js';

/** Do some work with a data set of pictures of so many pixels a side in a temporary folder. */
export async function withPhotos<T>(pairs: number, work: (data: string) => Promise<T>, side = photoSide): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-data-'));
  try {
    await writePhotoDataset(folder, pairs, side);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
