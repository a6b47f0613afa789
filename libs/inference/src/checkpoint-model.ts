import { z } from 'zod';
import { tokenizerFromDocument, type Tokenizer } from '#data/text/tokenizer.js';
import type { Device } from '#engine/device.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { clipConfigSchema, type ClipConfig } from '#protocol/run/run-config.js';
import { parseJson } from '#protocol/input/json-text.js';
import { shownList, shownName } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { readCheckpoint } from '#store/run/checkpoint.js';
import { checkpointBlobs } from '#store/run/keys.js';
import { openStore, type StoreAccess } from '#store/open-store.js';
import { decodeFloat32, type Float32Tensor } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';
import { splitUrl, urlOf } from '#store/store-url.js';
import { openClipModel, type ClipModel } from './clip-model.js';
import { missingCheckpoint } from './missing-checkpoint.js';
import { defaultTemplate } from './template.js';

/** A model as a run stored it, checked to be complete and consistent. */
export interface StoredModel {
  readonly config: ClipConfig;
  /** Parameters under open_clip's names, in its layouts. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  readonly tokenizer: Tokenizer;
  /** Committed steps. */
  readonly step: number;
  readonly url: string;
  /** Prompt templates of the run's first zero-shot evaluation, which read like the captions it was trained on. */
  readonly templates: readonly string[];
}

/** A stored model, ready to compute embeddings on a device. */
export type CheckpointModel = ClipModel & Pick<StoredModel, 'step' | 'url' | 'templates'>;

export interface CheckpointModelOptions {
  readonly device: Device;
  readonly batch?: number;
}

/** Open the checkpoint in the folder at a URL or path: `…/checkpoints/000000500.000000003`. */
export async function openCheckpointAt(
  url: string,
  { access = {}, ...options }: CheckpointModelOptions & { readonly access?: StoreAccess },
): Promise<CheckpointModel> {
  return withCheckpointStore(url, access, (store, folder) => openCheckpointModel(store, folder, options));
}

/** Read the checkpoint in the folder at a URL or path. */
export async function readCheckpointAt(url: string, access: StoreAccess = {}): Promise<StoredModel> {
  return withCheckpointStore(url, access, readCheckpointModel);
}

/** Open the checkpoint in a folder of a store. Throws what readCheckpointModel and openClipModel throw. */
async function openCheckpointModel(
  store: Store,
  folder: string,
  options: CheckpointModelOptions,
): Promise<CheckpointModel> {
  const { config, parameters, tokenizer, step, url, templates } = await readCheckpointModel(store, folder);
  return { ...(await openClipModel({ config, parameters, tokenizer, ...options })), step, url, templates };
}

/**
 * Read the checkpoint in a folder of a store. Its files are compared with the sizes and sha256 in its manifest. Throws
 * NOT_FOUND where there is no checkpoint or only an unfinished one, STORE_FAILED where it is damaged, DATA_INVALID
 * where its tensors do not match its config.
 */
export async function readCheckpointModel(store: Store, folder: string): Promise<StoredModel> {
  const url = urlOf(store, folder);
  const names = [checkpointBlobs.parameters, checkpointBlobs.tokenizer, checkpointBlobs.config];
  const { step, blobs } = await readCheckpoint(store, folder, names).catch((thrown: unknown) =>
    missingCheckpoint(store, folder, thrown),
  );
  const [parameters, tokenizer, config] = names.map((name) => blobs[name] ?? new Uint8Array()) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const document = jsonOf(config, checkpointBlobs.config, url);
  const modelConfig = configOf(document, url);
  return {
    config: modelConfig,
    parameters: parametersOf(decodeFloat32(parameters), modelConfig, url),
    tokenizer: tokenizerOf(tokenizer, url),
    step,
    url,
    templates: templatesOf(document),
  };
}

async function withCheckpointStore<T>(
  url: string,
  access: StoreAccess,
  read: (store: Store, folder: string) => Promise<T>,
): Promise<T> {
  const { storeUrl, name: folder } = splitUrl(url);
  const store = openStore(storeUrl, access);
  try {
    return await read(store, folder);
  } finally {
    await store.close();
  }
}

const templatesSchema = z.object({
  evaluation: z.object({ zeroShot: z.tuple([z.object({ templates: z.array(z.string()) })]).rest(z.unknown()) }),
});

function templatesOf(document: unknown): readonly string[] {
  const parsed = templatesSchema.safeParse(document);
  return parsed.success ? parsed.data.evaluation.zeroShot[0].templates : [defaultTemplate];
}

function configOf(document: unknown, url: string): ClipConfig {
  const parsed = clipConfigSchema.safeParse((document as { readonly model?: unknown } | null)?.model);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `model.${issue.path.join('.')}: ${issue.message}`);
  throw unusable(
    url,
    `${checkpointBlobs.config} holds no model of this version of Tandem (${shownList(problems, '; ')})`,
  );
}

function tokenizerOf(bytes: Uint8Array, url: string): Tokenizer {
  return tokenizerFromDocument(jsonOf(bytes, checkpointBlobs.tokenizer, url));
}

/** The parameters by name. Throws DATA_INVALID unless they are exactly those of the config, in name and shape. */
function parametersOf(
  tensors: Readonly<Record<string, Float32Tensor>>,
  config: ClipConfig,
  url: string,
): Record<string, Float32Array> {
  const specs = new Map(modelTensors(config).map((spec) => [spec.name, spec.shape]));
  const problems = [...specs].flatMap(([name, shape]) => {
    const got = tensors[name]?.shape;
    if (!got) return [`${name} is missing`];
    return got.join() === shape.join() ? [] : [`${name}: expected [${shape.join(', ')}], got [${got.join(', ')}]`];
  });
  problems.push(
    ...Object.keys(tensors)
      .filter((name) => !specs.has(name))
      .map((name) => `${shownName(name)} is not a parameter of the model`),
  );
  if (problems.length > 0) {
    throw unusable(url, `its tensors are not those of its config: ${shownList(problems, '; ')}`);
  }
  return Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data]));
}

function jsonOf(bytes: Uint8Array, name: string, url: string): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw unusable(url, `${name} is ${(cause as SyntaxError).message}`, cause);
  }
}

function unusable(url: string, what: string, cause?: unknown): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `The checkpoint ${url} cannot be used: ${what}.`,
    help: 'Use a checkpoint whose files were written together by one version of Tandem.',
    cause,
  });
}
