import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { featuresFrom, type DatasetFeatures } from '#evaluate/features/dataset-features.js';
import type { FeatureSource } from '#evaluate/features/feature-source.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';

/** A data set with the features of its images. */
export interface EvaluatedData {
  readonly dataset: Dataset;
  readonly extracted: DatasetFeatures;
}

/** The data sets of the evaluations after one step: the features of each are computed once for all of them. */
export interface EvaluatedDatasets {
  get(url: string): Promise<EvaluatedData>;
  /** Frees what no later evaluation needs. */
  keepOnly(urls: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

interface EvaluatedDatasetsOptions {
  sourceOf(url: string): FeatureSource;
  readonly storeAccess: StoreAccess;
  /** Keeps the features beyond these evaluations. */
  readonly store: Store | undefined;
}

export function openEvaluatedDatasets({ sourceOf, storeAccess, store }: EvaluatedDatasetsOptions): EvaluatedDatasets {
  const held = new Map<string, EvaluatedData & { readonly place: Store }>();
  const free = async (urls: readonly string[]): Promise<void> => {
    for (const url of urls) {
      await held.get(url)?.place.close();
      held.delete(url);
    }
  };
  return {
    async get(url) {
      const known = held.get(url);
      if (known) return known;
      const place = openStore(url, storeAccess);
      try {
        const dataset = await openDataset(place);
        const extracted = await featuresFrom(sourceOf(url), dataset, { store });
        held.set(url, { dataset, extracted, place });
        return { dataset, extracted };
      } catch (error) {
        await place.close();
        throw error;
      }
    },
    keepOnly: (urls) => free([...held.keys()].filter((url) => !urls.includes(url))),
    close: () => free([...held.keys()]),
  };
}
