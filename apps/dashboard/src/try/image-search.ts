import type { DataSetList, FeaturesProgress, ImageSearch } from '#protocol/history/image-search.js';
import { getJson, send } from '../api/http.js';

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
export async function searchImages(
  wanted: Wanted,
  onProgress: (progress: FeaturesProgress) => void,
  signal: AbortSignal,
): Promise<Found> {
  await computeFeatures(wanted, onProgress, signal);
  const { run, data, checkpoint, query } = wanted;
  const form = new FormData();
  form.append('data', data);
  form.append('checkpoint', checkpoint);
  form.append(typeof query === 'string' ? 'text' : 'image', query);
  return { data, result: await send<ImageSearch>('POST', `${pathOf(run)}/search`, form) };
}

/** The address of a small picture. */
export function pictureAddress(run: string, data: string, index: number): string {
  return `${pathOf(run)}/picture?${String(new URLSearchParams({ data, index: String(index) }))}`;
}

/** Resolves when they are there; at once for a user who may not have them computed. */
async function computeFeatures(
  { run, data, checkpoint, maySubmit }: Wanted,
  onProgress: (progress: FeaturesProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = `${pathOf(run)}/features?${String(new URLSearchParams({ data, checkpoint }))}`;
  for (;;) {
    let progress = await getJson<FeaturesProgress>(path, signal);
    if (progress.state === 'none') {
      if (!maySubmit) return; // They may be in the store. If not, the search says so.
      progress = await send<FeaturesProgress>('POST', path);
    }
    onProgress(progress);
    if (progress.state === 'complete') return;
    await new Promise((resolve) => setTimeout(resolve, progressMs));
    signal.throwIfAborted();
  }
}

function pathOf(run: string): string {
  return `/v1/runs/${encodeURIComponent(run)}`;
}
