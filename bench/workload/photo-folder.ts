import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePhotoDataset } from './photo-dataset.js';

/** Do some work with a data set of 224 px pictures in a temporary folder. */
export async function withPhotos<T>(pairs: number, work: (data: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-data-'));
  try {
    await writePhotoDataset(folder, pairs);
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
