import { resolve } from 'node:path';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { checkBlob } from '#store/run/checkpoint.js';
import { checkpointBlobs } from '#store/run/keys.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { splitUrl, urlOf } from '#store/store-url.js';

/** Where weights were found, and what is beside them. */
export interface LocatedWeights {
  readonly store: Store;
  /** Key of the weights file, or of the index if the tensors are in several files. */
  readonly key: string;
  /** Keys of the model configs beside them: of open_clip, and of Hugging Face or of a Tandem checkpoint. */
  readonly configs: readonly string[];
  /** Key of the tokenizer.json, if there is one. */
  readonly tokenizer: string | undefined;
}

/**
 * Finds the weights at a path, file: or s3: URL. It may name a weights file, the folder of a Tandem checkpoint (whose
 * parameters are checked against its manifest), or a folder in the layout of open_clip or Hugging Face. Throws
 * NOT_FOUND, saying what to name instead, and STORE_FAILED if a checkpoint is damaged. The caller closes the store.
 */
export async function locateWeights(given: string, access: StoreAccess = {}): Promise<LocatedWeights> {
  const location = /^(s3|file):/.test(given) ? given : resolve(given);
  const folder = openStore(location, access);
  const key = await firstExisting(folder, weightKeys);
  if (key !== undefined && key !== checkpointBlobs.parameters) {
    return beside(folder, key);
  }
  await folder.close();
  const { storeUrl, name } = splitUrl(location);
  const store = openStore(storeUrl, access);
  try {
    return key === undefined ? await fileIn(store, name) : await checkpointIn(store, name);
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A file whose name is given has the same documents beside it as one that is found in its folder. */
async function beside(store: Store, key: string): Promise<LocatedWeights> {
  return {
    store,
    key,
    configs: await existing(store, configKeys),
    tokenizer: await firstExisting(store, [checkpointBlobs.tokenizer]),
  };
}

async function fileIn(store: Store, key: string): Promise<LocatedWeights> {
  if ((await store.size(key)) !== undefined) return beside(store, key);
  throw new TandemError({
    code: ErrorCode.NotFound,
    message: `Weights: there is no file ${urlOf(store, key)}, nor a folder of that name that holds weights.`,
    help: `Name a file, or a folder with one of ${weightKeys.join(', ')}.`,
  });
}

async function checkpointIn(store: Store, folder: string): Promise<LocatedWeights> {
  await checkBlob(store, folder, checkpointBlobs.parameters).catch((error: unknown) => {
    throw error instanceof TandemError && error.code === ErrorCode.NotFound ? unfinished(urlOf(store, folder)) : error;
  });
  const tokenizer = await firstExisting(store, [`${folder}/${checkpointBlobs.tokenizer}`]);
  return {
    store,
    key: `${folder}/${checkpointBlobs.parameters}`,
    configs: [`${folder}/${checkpointBlobs.config}`],
    tokenizer,
  };
}

const weightKeys = [
  checkpointBlobs.parameters,
  'open_clip_model.safetensors',
  'model.safetensors',
  'model.safetensors.index.json',
  'open_clip_pytorch_model.bin',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
];
export const openClipConfigKey = 'open_clip_config.json';
const configKeys = [openClipConfigKey, checkpointBlobs.config];

async function existing(store: Store, keys: readonly string[]): Promise<string[]> {
  const there: string[] = [];
  for (const key of keys) if ((await store.size(key)) !== undefined) there.push(key);
  return there;
}

async function firstExisting(store: Store, keys: readonly string[]): Promise<string | undefined> {
  for (const key of keys) if ((await store.size(key)) !== undefined) return key;
  return undefined;
}

function unfinished(url: string): TandemError {
  return new TandemError({
    code: ErrorCode.NotFound,
    message: `Weights: expected a checkpoint in ${url}, found one without a manifest.json: it was never finished.`,
    help: 'Use the checkpoint before it; this one can be removed.',
  });
}
