// Goal: features are computed once, are the image tower's, and depend on nothing but weights, preparation and images.
// Method: a small model and data set; an encoder that counts what it computes; tfjs for the projection.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDataset, type Dataset } from '#data/dataset/dataset.js';
import { clipPreparation } from '#data/image/evaluation-image.js';
import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { clipEncoder } from '#evaluate/features/clip-encoder.js';
import { datasetFeatures } from '#evaluate/features/dataset-features.js';
import type { ImageEncoder } from '#evaluate/features/image-encoder.js';
import { textEmbeddings } from '#evaluate/features/text-embeddings.js';
import { openClipModel, type ClipModel } from '#inference/clip-model.js';
import { initialParameters } from '#model/parameters/initialise.js';
import { openFolderStore, writeSmallDataset, type FolderStore } from '../support/models/small-dataset.js';
import { tinyClipConfig as config, tinyTokenizer } from '../support/models/tiny-clip.js';

const parameters = initialParameters(config, 3);
const [w, d] = [config.vision_cfg.width, config.embed_dim];
let device: Device;
let data: FolderStore;
let dataset: Dataset;
let store: FolderStore;
beforeAll(async () => {
  device = await openDevice({ kind: 'cpu', threads: 1 });
  data = await openFolderStore();
  const damaged = new Uint8Array([1, 2, 3]);
  await writeSmallDataset(data.store, 13, (sample, number) => (number === 4 ? { ...sample, image: damaged } : sample));
  dataset = await openDataset(data.store);
});
afterAll(async () => {
  await data.close();
  await device.close();
});
beforeEach(async () => void (store = await openFolderStore()));
afterEach(() => store.close());

const openModel = (batch: number, on = device): Promise<ClipModel> =>
  openClipModel({ config, parameters, tokenizer: tinyTokenizer(), device: on, batch });
const encoderOf = (model: ClipModel, preparation = clipPreparation): ImageEncoder =>
  clipEncoder({ model, preparation }, 'tiny');

describe('features of a data set', () => {
  it('are the rows before the projection, and the projected rows of unit length', async () => {
    const { features, embeddings, read, skipped } = await datasetFeatures(encoderOf(await openModel(4)), dataset, {
      store: store.store,
    });
    expect([features.length, embeddings!.length, read.length]).toEqual([12 * w, 12 * d, 12]);
    expect(read.map(({ index }) => index)).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(skipped).toEqual([{ key: 'pair-4', reason: expect.stringContaining('Unreadable image') as string }]);
    const projection = parameters['visual.proj']!; // [w, d]
    for (let row = 0; row < 12; row += 1) {
      const projected = Array.from({ length: d }, (_, j) =>
        Array.from({ length: w }, (__, i) => features[row * w + i]! * projection[i * d + j]!).reduce(
          (a, b) => a + b,
          0,
        ),
      );
      const norm = Math.hypot(...projected);
      projected.forEach((value, j) => expect(embeddings![row * d + j]).toBeCloseTo(value / norm, 5));
    }
  });

  it('are the same bits in any batch and on any number of threads', async () => {
    const two = await openDevice({ kind: 'cpu', threads: 2 });
    const all = [];
    for (const [batch, on] of [
      [2, device],
      [5, device],
      [64, device],
      [5, two],
    ] as const) {
      const kept = await openFolderStore();
      all.push(await datasetFeatures(encoderOf(await openModel(batch, on)), dataset, { store: kept.store }));
      await kept.close();
    }
    for (const other of all.slice(1)) {
      expect(other.features).toEqual(all[0]!.features);
      expect(other.embeddings).toEqual(all[0]!.embeddings);
    }
    await two.close();
  });

  it('come from the store the second time, are computed again where it is damaged, and for other images', async () => {
    let computed = 0;
    const encoder = encoderOf(await openModel(4));
    const counting: ImageEncoder = {
      ...encoder,
      embed: (pixels) => {
        computed += 1;
        return encoder.embed(pixels);
      },
    };
    const options = { store: store.store };
    const first = await datasetFeatures(counting, dataset, options);
    expect([computed, first.cached]).toEqual([4, 0]);
    expect(await datasetFeatures(counting, dataset, options)).toEqual({ ...first, cached: 13 });
    expect(computed).toBe(4);
    for await (const key of store.store.list('features/')) await store.store.put(key, new Uint8Array([1]));
    expect(await datasetFeatures(counting, dataset, options)).toEqual(first);
    expect(computed).toBe(8);
    const squashed = encoderOf(await openModel(4), { ...clipPreparation, resizeMode: 'squash' });
    expect(squashed.hash).not.toBe(encoder.hash);
    const other = await datasetFeatures(squashed, dataset, options);
    expect([other.cached, other.features]).toEqual([0, expect.not.objectContaining(first.features)]);
  });

  it('N1 a feature that is not finite names the image', async () => {
    const encoder = encoderOf(await openModel(4));
    const broken: ImageEncoder = {
      ...encoder,
      embed: async (pixels) => ({ features: (await encoder.embed(pixels)).features.with(w, Number.NaN) }),
    };
    await expect(datasetFeatures(broken, dataset, { store: store.store })).rejects.toMatchObject({
      code: 'NON_FINITE',
      message: expect.stringContaining('for the image "pair-1"') as string,
    });
  });
});

it('texts are embedded once for a model, its tokenizer and the texts', async () => {
  const model = await openModel(4);
  let computed = 0;
  const counting = {
    ...model,
    embedTexts: (texts: readonly string[]) => {
      computed += texts.length;
      return model.embedTexts(texts);
    },
  };
  const texts = ['a red square', 'a blue square'];
  const first = await textEmbeddings(counting, texts, store.store);
  expect(await textEmbeddings(counting, texts, store.store)).toEqual(first);
  expect(computed).toBe(2);
  await textEmbeddings(counting, texts.toReversed(), store.store);
  await textEmbeddings({ ...counting, version: 'other' }, texts, store.store);
  expect(computed).toBe(6);
});
