import type { Device } from '#engine/device.js';
import { openDevice } from '#engine/run/open-device.js';
import { cachedImages, featuresFrom } from '#evaluate/features/dataset-features.js';
import { featuresHere } from '#evaluate/features/feature-source.js';
import { nearestRows } from '#evaluate/retrieval/nearest.js';
import type { ReadImage } from '#inference/dataset-images.js';
import type { FeaturesProgress, ImageSearch } from '#protocol/history/image-search.js';
import { ErrorCode, TandemError, toWireError } from '#protocol/tandem-error.js';
import { openStore } from '#store/open-store.js';
import { serveThread } from '#threads/thread-server.js';
import type {
  FeaturesCall,
  PictureCall,
  SearchCall,
  SearchedPlace,
  SearchThreadCall,
  SearchThreadResults,
} from './search-message.js';
import { dataAt, openData, thumbnailOf } from './searched-data.js';
import { openSearchedModel, type SearchedModel } from './searched-model.js';

/*
 * The thread that searches data sets for those who ask over HTTP. It holds one model and the embeddings of one data
 * set. Features that are missing are computed beside the calls, which are answered meanwhile.
 */

/** As many as 1 GiB holds of CLIP's largest embeddings. */
const searchedImagesMax = 100_000;
/** A small data set is done within it, so that who asked need not ask again. */
const soonMs = 500;

interface HeldEmbeddings {
  readonly of: string;
  readonly name: string;
  readonly images: number;
  done: number;
  /** Rejects with what went wrong. */
  readonly whole: Promise<WholeEmbeddings>;
  isComputing: boolean;
}

interface WholeEmbeddings {
  readonly read: readonly ReadImage[];
  readonly skipped: number;
  /** [n, d] */
  readonly rows: Float32Array;
}

let device: Promise<Device> | undefined;
let model: SearchedModel | undefined;
let held: HeldEmbeddings | undefined;

async function modelAt({ checkpoint, storeAccess, threads }: FeaturesCall | SearchCall): Promise<SearchedModel> {
  if (model?.url === checkpoint.url) return model;
  const before = model;
  [model, held] = [undefined, undefined];
  await before?.close();
  device ??= openDevice({ kind: 'cpu', threads });
  return (model = await openSearchedModel(checkpoint, await device, storeAccess));
}

/** The embeddings that are asked for, there or under way. `mayCompute`: also where the store lacks some. */
async function embeddingsOf(call: FeaturesCall | SearchCall, mayCompute: boolean): Promise<HeldEmbeddings> {
  if (held?.of === nameOf(call)) return held;
  if (held?.isComputing) throw busy(held);
  const { encoder } = await modelAt(call);
  const [{ dataset, place }, store] = [
    await openData(call.data, call.storeAccess),
    openStore(call.store, call.storeAccess),
  ];
  const close = async (): Promise<void> => void (await Promise.all([place.close(), store.close()]));
  try {
    if (dataset.pairs > searchedImagesMax) throw tooMany(dataset.name, dataset.pairs);
    const cached = mayCompute ? 0 : await cachedImages(store, encoder.hash, dataset);
    if (!mayCompute && cached < dataset.pairs) throw missing(dataset.name, cached, dataset.pairs);
  } catch (error) {
    await close();
    throw error;
  }
  const one: HeldEmbeddings = {
    ...{ of: nameOf(call), name: dataset.name, images: dataset.pairs, done: 0, isComputing: true },
    whole: featuresFrom(featuresHere(encoder), dataset, { store, onProgress: (done) => (one.done = done) })
      .then(({ read, skipped, embeddings }) => ({ read, skipped: skipped.length, rows: embeddings! }))
      .finally(async () => {
        one.isComputing = false;
        await close();
      }),
  };
  one.whole.catch(() => undefined); // Whoever asks next is told.
  return (held = one);
}

async function progressOf(one: HeldEmbeddings, waitMs: number): Promise<FeaturesProgress> {
  const waited = new Promise<void>((resolve) => setTimeout(resolve, waitMs));
  try {
    await Promise.race([one.whole, waited]);
  } catch (error) {
    if (held === one) held = undefined; // The next call tries again.
    throw error;
  }
  return { state: one.isComputing ? 'computing' : 'complete', done: one.done, images: one.images };
}

async function progress(call: SearchedPlace): Promise<FeaturesProgress> {
  return held?.of === nameOf(call) ? progressOf(held, 0) : { state: 'none', done: 0, images: 0 };
}

async function search(call: SearchCall): Promise<ImageSearch> {
  const one = await embeddingsOf(call, false);
  const { state, done } = await progressOf(one, soonMs);
  if (state === 'computing') throw missing(one.name, done, one.images);
  const [{ read, skipped, rows }, { embed }] = [await one.whole, await modelAt(call)];
  const dataset = await dataAt(call.data, call.storeAccess);
  const found: ImageSearch['found'] = [];
  for (const { row, similarity } of await nearestRows(await embed(call.query), rows, call.count)) {
    const { index, key } = read[row]!;
    const { captions } = await dataset.sample(index);
    found.push({ index, key, caption: captions[0] ?? key, similarity });
  }
  const { url: checkpoint, step } = call.checkpoint;
  return { checkpoint, step, data: { name: one.name, images: read.length, skipped }, found };
}

async function picture({ data, index, storeAccess }: PictureCall): Promise<{ readonly webp: Uint8Array }> {
  return { webp: await thumbnailOf(await dataAt(data, storeAccess), index) };
}

async function answered(call: SearchThreadCall): Promise<SearchThreadResults[SearchThreadCall['kind']]> {
  switch (call.kind) {
    case 'features':
      return progressOf(await embeddingsOf(call, true), soonMs);
    case 'progress':
      return progress(call);
    case 'search':
      return search(call);
    case 'picture':
      return picture(call);
  }
}

serveThread((call: SearchThreadCall): Promise<SearchThreadResults[SearchThreadCall['kind']]> =>
  answered(call).catch((error: unknown) => ({ failed: toWireError(error, ErrorCode.Internal) })),
);

function nameOf({ checkpoint, data, store }: SearchedPlace): string {
  return JSON.stringify([checkpoint.url, data, store]);
}

function busy({ name, done, images }: HeldEmbeddings): TandemError {
  return new TandemError({
    code: ErrorCode.Throttled,
    message:
      `Search: expected one data set at a time, got another while features of ${name} are computed ` +
      `(${done} of ${images} images)`,
    help: 'Try again when it is done.',
    retryable: true,
  });
}

function missing(name: string, done: number, images: number): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message:
      `Search: expected the features of all ${images} images of ${name} by this checkpoint, ` + `got those of ${done}`,
    help: 'POST /v1/runs/ID/features computes them, with a key of the scope submit; the page has a button for it.',
  });
}

function tooMany(name: string, images: number): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Search: expected a data set of at most ${searchedImagesMax} images, got ${name} of ${images}`,
    help: '`tandem search` in a terminal searches larger ones.',
  });
}
