import { trainSources, type DataConfig, type TrainSource } from '#protocol/run/data-config.js';
import type { BlobCache } from '#store/blob-cache.js';
import type { Store } from '#store/store.js';
import type { Source } from '../sampling/batch-draws.js';
import { datasetPart } from '../sampling/dataset-part.js';
import { lastAtOrBefore, startsOf } from '../sampling/ascending.js';
import { canonicalJson, sha256 } from './canonical-json.js';
import { defaultDatasetLimits, openDataset, type Dataset, type DatasetLimits } from './dataset.js';
import { pairGroups, type PairGroups } from './pair-groups.js';

/** What a run trains on: one data set, or several as one. */
export interface TrainingDataset extends Dataset {
  /** The data sets that it is made of, if each has a share of every batch. */
  readonly sources?: readonly Source[] | undefined;
  /** Closes their stores. */
  close(): Promise<void>;
}

/** What of a run document decides on its pairs. */
export interface TrainingData {
  readonly data: Pick<DataConfig, 'train'> & Partial<Pick<DataConfig, 'sampling' | 'share'>>;
  readonly seed: number;
}

/**
 * Opens the data sets that a run names, or the share of each that it asks for. Throws what openDataset does. `open`
 * opens the store at a place; what is not on this machine is kept in `cache`.
 */
export async function openTrainingDataset(
  { data, seed }: TrainingData,
  open: (place: string) => Store,
  cache?: BlobCache,
): Promise<TrainingDataset> {
  const named = trainSources(data);
  const stores: Store[] = [];
  const close = async (): Promise<void> => {
    for (const store of stores) await store.close();
  };
  try {
    for (const { data: place } of named) stores.push(open(place));
    const limits = { ...limitsOfEach(named.length), keepsSome: data.sampling === 'blocks' };
    const datasets = await Promise.all(
      stores.map((store) => openDataset(store, { ...limits, cache: store.url.startsWith('s3:') ? cache : undefined })),
    );
    const { share = 1 } = data;
    const parts = share === 1 ? datasets : datasets.map((dataset) => datasetPart(dataset, share, seed));
    return { ...(parts.length === 1 ? parts[0]! : joined(parts, named)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Several data sets share the memory that one may use. */
function limitsOfEach(datasets: number): DatasetLimits {
  const { decodedBytes, tarBytes, openShards } = defaultDatasetLimits;
  const share = (of: number): number => Math.floor(of / datasets);
  return { decodedBytes: share(decodedBytes), tarBytes: share(tarBytes), openShards: Math.max(1, share(openShards)) };
}

function joined(datasets: readonly Dataset[], named: readonly TrainSource[]): Omit<TrainingDataset, 'close'> {
  const starts = startsOf(datasets.map(({ pairs }) => pairs));
  const first = starts.subarray(0, -1);
  const sources = datasets.map(({ pairs, filePairs }, at): Source => {
    const { weight = pairs } = named[at]!;
    return { first: first[at]!, pairs, filePairs, weight };
  });
  const placed = (index: number): { readonly dataset: Dataset; readonly place: number } => {
    const at = lastAtOrBefore(first, index);
    return { dataset: datasets[at]!, place: index - first[at]! };
  };
  const hashes = (of: (dataset: Dataset) => string): string => sha256(canonicalJson(datasets.map(of)));
  return {
    name: datasets.map(({ name }) => name).join(' + '),
    hash: hashes(({ hash }) => hash),
    manifestHash: hashes(({ manifestHash }) => manifestHash),
    pairs: starts[datasets.length]!,
    filePairs: datasets.flatMap(({ filePairs }) => filePairs),
    groups: joinedGroups(datasets.map(({ groups }) => groups)),
    licences: datasets.flatMap(({ licences }) => licences),
    skippedAtBuild: {
      count: datasets.reduce((sum, { skippedAtBuild }) => sum + skippedAtBuild.count, 0),
      samples: datasets.flatMap(({ skippedAtBuild }) => skippedAtBuild.samples),
    },
    ...(named.some(({ weight }) => weight !== undefined) && { sources }),
    sample: (index) => {
      const { dataset, place } = placed(index);
      return dataset.sample(place);
    },
    decoded: (index, shortestSide) => {
      const { dataset, place } = placed(index);
      return dataset.decoded(place, shortestSide);
    },
    prefetch(indices) {
      for (const index of indices) {
        const { dataset, place } = placed(index);
        dataset.prefetch([place]);
      }
    },
    async *captions() {
      for (const dataset of datasets) yield* dataset.captions();
    },
    async *indexes() {
      for (const dataset of datasets) yield* dataset.indexes();
    },
  };
}

/** Groups of one name are one group. Undefined if a data set has none. */
function joinedGroups(all: readonly (PairGroups | undefined)[]): PairGroups | undefined {
  const known = all.filter((groups) => groups !== undefined);
  if (known.length < all.length) return undefined;
  const numbers = new Map<string, number>();
  for (const { names } of known) for (const name of names) if (!numbers.has(name)) numbers.set(name, numbers.size);
  const ofPair = new Int32Array(known.reduce((sum, groups) => sum + groups.ofPair.length, 0));
  let at = 0;
  for (const { names, ofPair: own } of known) for (const group of own) ofPair[at++] = numbers.get(names[group]!)!;
  return pairGroups([...numbers.keys()], ofPair);
}
