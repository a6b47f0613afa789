import type { DataSetList, FeaturesProgress, ImageSearch } from '#protocol/history/image-search.js';
import { computeFeatures, getFeaturesProgress, searchImages } from '../api/calls.js';
import { addressOf } from '../api/http.js';

export type DataSet = DataSetList['dataSets'][number];

/** What the user searches, and what for. */
export interface Wanted {
  readonly run: string;
  /** Where the run document names the data set. */
  readonly data: string;
  readonly checkpoint: string;
  readonly query: string | File;
  /** Whether the user may have features computed. */
  readonly maySubmit: boolean;
}

export interface Found {
  readonly data: string;
  readonly result: ImageSearch;
}

const progressMs = 1000;

/** Has the features of the images computed where they are missing, and searches them. Throws an ApiError. */
export async function findImages(
  wanted: Wanted,
  onProgress: (progress: FeaturesProgress) => void,
  signal: AbortSignal,
): Promise<Found> {
  await haveFeatures(wanted, onProgress, signal);
  const { run, data, checkpoint, query } = wanted;
  const wantedOf = typeof query === 'string' ? { text: query } : { image: query };
  return { data, result: await searchImages(run, { data, checkpoint, ...wantedOf }) };
}

/** The address of a small picture. */
export function pictureAddress(run: string, data: string, index: number): string {
  return addressOf('/v1/runs/{id}/picture', { path: { id: run }, query: { data, index } });
}

/** Resolves when they are there; at once for a user who may not have them computed. */
async function haveFeatures(
  { run, data, checkpoint, maySubmit }: Wanted,
  onProgress: (progress: FeaturesProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const query = { data, checkpoint };
  for (;;) {
    let progress = await getFeaturesProgress(run, query, signal);
    if (progress.state === 'none') {
      if (!maySubmit) return; // They may be in the store. If not, the search says so.
      progress = await computeFeatures(run, query);
    }
    onProgress(progress);
    if (progress.state === 'complete') return;
    await new Promise((resolve) => setTimeout(resolve, progressMs));
    signal.throwIfAborted();
  }
}
