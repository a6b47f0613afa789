import type { Dataset } from '#data/dataset/dataset.js';
import type { DatasetManifest } from '#data/dataset/dataset-manifest.js';
import { datasetWriter } from '#data/dataset/dataset-writer.js';
import type { NewSample } from '#data/dataset/sample.js';
import type { Store } from '#store/store.js';
import type { CaptionSource } from './caption-source.js';

/** The captions of a data set. No image is read. */
export function captionsOf(dataset: Dataset): CaptionSource {
  return () => dataset.indexes();
}

/** Writes the pairs that are kept, with their images, groups and keys, as a data set of their own. */
export async function writeKeptPairs(
  dataset: Dataset,
  kept: Uint8Array,
  target: Store,
  name: string,
  onPairs: (pairs: number) => void = () => undefined,
): Promise<DatasetManifest> {
  const writer = datasetWriter(target, { name, licences: dataset.licences });
  let at = 0;
  for await (const index of dataset.indexes())
    for (const { image } of index) {
      if (kept[at] === 1) {
        const extension = image.member.slice(image.member.lastIndexOf('.') + 1) as NewSample['extension'];
        await writer.add({ ...(await dataset.sample(at)), extension });
        onPairs(at + 1);
      }
      at++;
    }
  return writer.finish();
}
