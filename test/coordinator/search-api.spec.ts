// Goal: over HTTP a run's own data sets are searched by a text or an image, and nothing else can be read so. Method: a
// real coordinator, in its store a checkpoint of a tiny model of random weights, and data sets of coloured shapes.
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDataset } from '#data/dataset/dataset.js';
import { openDevice } from '#engine/run/open-device.js';
import { clipEncoder } from '#evaluate/features/clip-encoder.js';
import { datasetFeatures } from '#evaluate/features/dataset-features.js';
import { nearestRows } from '#evaluate/retrieval/nearest.js';
import { openModelAt } from '#inference/open-model.js';
import type { MadeKey } from '#protocol/access/api-key.js';
import { errorBodySchema } from '#protocol/error-body.js';
import {
  dataSetListSchema,
  featuresProgressSchema,
  imageSearchSchema,
  type FeaturesProgress,
  type ImageSearch,
} from '#protocol/history/image-search.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { openStore } from '#store/open-store.js';
import { readCheckpoint, writeCheckpoint } from '#store/run/checkpoint.js';
import { runKeys } from '#store/run/keys.js';
import { urlOf } from '#store/store-url.js';
import { apiKey, runDocument, startOwnCoordinator, type OwnCoordinator } from '../support/coordinator.js';
import { writeTinyCheckpoint } from '../support/models/tiny-checkpoint.js';
import { writeTinyData } from '../support/models/tiny-data.js';

let coordinator: OwnCoordinator;
let id: string;
let checkpoint: string;
let data: string;
let readKey: string;
beforeAll(async () => {
  coordinator = await startOwnCoordinator();
  data = join(coordinator.directory, 'shapes');
  await writeTinyData(data);
  await writeTinyData(join(coordinator.directory, 'elsewhere'));
  const evaluation = { zeroShot: [{ name: 'shapes', data }], features: [join(coordinator.directory, 'missing')] };
  const submitted = await coordinator.post('/v1/runs', runDocument({ data: { train: data }, evaluation }));
  ({ id } = (await submitted.json()) as RunStatus);
  const training = await coordinator.trainer.next();
  training.prepare();
  const made = await writeTinyCheckpoint(`${coordinator.directory}/made`);
  const { blobs } = await readCheckpoint(
    openStore(`${coordinator.directory}/made`),
    made.slice(made.indexOf('checkpoints')),
  );
  const folder = await writeCheckpoint(training.store, runKeys(id).checkpoints, { step: 1, epoch: 1 }, blobs);
  checkpoint = urlOf(training.store, folder);
  const key = await coordinator.post('/v1/keys', { name: 'reader', scope: 'read' });
  readKey = ((await key.json()) as MadeKey).key;
});
afterAll(() => coordinator?.close());

const ask = async (fields: Readonly<Record<string, string | Blob>>, key = apiKey): Promise<Response> => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return fetch(`${coordinator.url}/v1/runs/${id}/search`, {
    method: 'POST',
    headers: { 'x-api-key': key },
    body: form,
  });
};
const search = async (fields: Readonly<Record<string, string | Blob>>): Promise<ImageSearch> =>
  imageSearchSchema.parse(await (await ask({ data: 'data.train', ...fields })).json());
const features = async (place: string): Promise<FeaturesProgress> =>
  featuresProgressSchema.parse(await (await coordinator.post(`/v1/runs/${id}/features?data=${place}`)).json());
const progress = async (): Promise<unknown> =>
  (await coordinator.get(`/v1/runs/${id}/features?data=data.train`)).json();
const refusal = async (answer: Response): Promise<[number, string]> => [
  answer.status,
  errorBodySchema.parse(await answer.json()).message,
];
const blobOf = async (index: number): Promise<Blob> => {
  const { image } = await (await openDataset(openStore(data))).sample(index);
  return new Blob([Uint8Array.from(image)]);
};

it('the data sets of a run are listed, each once', async () => {
  expect(dataSetListSchema.parse(await (await coordinator.get(`/v1/runs/${id}/data-sets`)).json())).toEqual({
    dataSets: [
      { place: 'data.train', url: data },
      { place: 'evaluation.features.0', url: join(coordinator.directory, 'missing') },
    ],
  });
});

it('a search without features says how many there are and what computes them, which a reader may not', async () => {
  expect(await refusal(await ask({ data: 'data.train', text: 'a red disc' }))).toEqual([
    409,
    'Search: expected the features of all 40 images of shapes by this checkpoint, got those of 0',
  ]);
  expect(await progress()).toEqual({ state: 'none', done: 0, images: 0 });
  const refused = await fetch(`${coordinator.url}/v1/runs/${id}/features?data=data.train`, {
    method: 'POST',
    headers: { 'x-api-key': readKey },
  });
  expect(await refusal(refused)).toEqual([403, expect.stringMatching(/scope submit/)]);
});

describe('with features', () => {
  beforeAll(async () => {
    await vi.waitFor(async () => expect((await features('data.train')).state).toBe('complete'), 30_000);
  });

  it('the progress is that of all images', async () => {
    expect(await progress()).toEqual({ state: 'complete', done: 40, images: 40 });
  });

  it('a text finds what the library finds', async () => {
    const { found, ...rest } = await search({ text: 'a red disc', count: '5' });
    expect(rest).toEqual({ checkpoint, step: 1, data: { name: 'shapes', images: 40, skipped: 0 } });
    const expected = await foundHere('a red disc', 5);
    expect(found.map(({ index }) => index)).toEqual(expected.map(({ row }) => row));
    for (const [at, { similarity }] of found.entries()) expect(similarity).toBeCloseTo(expected[at]!.similarity, 5);
    const { captions, key } = await (await openDataset(openStore(data))).sample(found[0]!.index);
    expect([found[0]!.caption, found[0]!.key]).toEqual([captions[0], key]);
  });

  it('an image finds itself', async () => {
    const { found } = await search({ image: await blobOf(7), count: '1' });
    expect(found[0]!.index).toBe(7);
    expect(found[0]!.similarity).toBeCloseTo(1, 5);
  });

  it('an image that is none is refused', async () => {
    const answer = await ask({ data: 'data.train', image: new Blob(['GIF89a?']) });
    expect(await refusal(answer)).toEqual([422, expect.stringMatching(/image/i)]);
  });

  it('a reader may search', async () => {
    expect((await ask({ data: 'data.train', text: 'a bar' }, readKey)).status).toBe(200);
  });

  it('the store keeps them, and nothing of the text', async () => {
    const kept = openStore(`${coordinator.directory}/store`);
    const keys: string[] = [];
    for await (const key of kept.list('features/')) keys.push(key);
    for await (const key of kept.list('texts/')) keys.push(key);
    expect(keys).toEqual([expect.stringMatching(/^features\/\w+\/000000\.safetensors$/)]);
  });

  it('a search is not audited, and the computation is', async () => {
    const { entries } = (await (await coordinator.get('/v1/audit')).json()) as { entries: { action: string }[] };
    const actions = new Set(entries.map(({ action }) => action));
    expect([actions.has('POST /v1/runs/:id/search'), actions.has('POST /v1/runs/:id/features')]).toEqual([false, true]);
  });
});

it('a picture comes small, by its index', async () => {
  const answer = await coordinator.get(`/v1/runs/${id}/picture?data=data.train&index=7`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp']);
  const image = sharp(Buffer.from(await answer.arrayBuffer()));
  expect(await image.metadata()).toMatchObject({ format: 'webp', width: 20, height: 20 });
});

it.each([
  ['picture?data=data.train&index=40', 404, /below 40, got 40/],
  ['picture?data=data.train&index=-1', 422, /index/],
  ['picture?data=store&index=0', 404, /expected one of its data sets, data.train, evaluation.features.0, got "store"/],
  ['picture?data=../elsewhere&index=0', 404, /expected one of its data sets/],
  ['picture?data=evaluation.zeroShot.0.data&index=0', 404, /expected one of its data sets/],
  ['picture?data=evaluation.features.0&index=0', 404, /Expected a data set at/],
  ['picture?index=0', 422, /data/],
  ['features?data=data.train&checkpoint=x', 404, /name of a checkpoint, got "x"/],
])('%s is refused', async (path, status, message) => {
  expect(await refusal(await coordinator.get(`/v1/runs/${id}/${path}`))).toEqual([
    status,
    expect.stringMatching(message),
  ]);
});

it.each([
  [{ data: 'data.train' }, 422, /text: expected a text, or an image file `image`, got neither/],
  [{ data: 'data.train', text: 'a', count: '101' }, 422, /count/],
  [{ text: 'a', colour: 'red' }, 422, /2 problems: data: .*colour/],
  [{ data: 'data.train', text: 'a', image: new Blob(['a']) }, 422, /got both/],
  [{ data: 'elsewhere', text: 'a' }, 404, /expected one of its data sets/],
] as const)('a search by %j is refused', async (fields, status, message) => {
  expect(await refusal(await ask(fields))).toEqual([status, expect.stringMatching(message)]);
});

async function foundHere(text: string, count: number): ReturnType<typeof nearestRows> {
  const device = await openDevice({ kind: 'cpu', threads: 1 });
  try {
    const opened = await openModelAt(checkpoint, { device, batch: 64 });
    const store = openStore(join(coordinator.directory, 'of-the-library'));
    const { embeddings } = await datasetFeatures(clipEncoder(opened, 'tiny'), await openDataset(openStore(data)), {
      store,
    });
    return await nearestRows(await opened.model.embedTexts([text]), embeddings!, count);
  } finally {
    await device.close();
  }
}
