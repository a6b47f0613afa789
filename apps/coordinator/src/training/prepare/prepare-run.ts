import { resolve } from 'node:path';
import { shardPlan, type ShardRange } from '#data/sampling/shard-plan.js';
import { documentJson, hasSameTokens } from '#data/text/tokenizer-document.js';
import { readTokenizer, type Tokenizer } from '#data/text/tokenizer.js';
import { sizeOf } from '#engine/tensor-spec.js';
import type { ParameterSpec } from '#model/parameters/parameter-spec.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import { trainableParameters } from '#model/parameters/trainable-parameters.js';
import { parseJson } from '#protocol/input/json-text.js';
import type { InitialWeights } from '#protocol/run/initial-weights.js';
import { trainSources } from '#protocol/run/data-config.js';
import { withPlaces } from '#protocol/run/document-places.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { DerivedNumbers } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import type { StoreAccess } from '#store/open-store.js';
import type { Store } from '#store/store.js';
import { inTurns } from '#threads/turns.js';
import { checkBatchNorms } from './check-batch-norms.js';
import type { DataFacts } from './data-message.js';
import { settledWeights, takesTokens, type SettledWeights } from './initial-weights.js';
import { readData } from './read-data.js';

/** Everything about a run that is decided before its first step. */
export interface PreparedRun {
  readonly config: RunConfig;
  readonly configHash: string;
  readonly tokenizer: Tokenizer;
  readonly shards: readonly ShardRange[];
  readonly derived: DerivedNumbers;
}

export interface PrepareOptions {
  readonly id: string;
  readonly config: RunConfig;
  readonly store: Store;
  readonly storeAccess: StoreAccess;
  /** Ends the preparation with CANCELLED. */
  readonly signal?: AbortSignal;
}

/**
 * Reads the data sets and the initial weights, learns the tokenizer if the run asks for one of its own, and writes the
 * resolved document and the tokenizer to the store, where workers read them. Errors: NOT_FOUND and DATA_INVALID for the
 * data sets or the weights; CONFIG_INVALID if they do not fit the document.
 */
export async function prepareRun(options: PrepareOptions): Promise<PreparedRun> {
  const { id, store, storeAccess, signal } = options;
  const { config, tokenizer: known } = await settle(options);
  const given = givenTokenizer(config, known);
  const facts = await readData({ config, storeAccess, withTokenizer: !given }, signal);
  if (config.steps > 0) checkBatchNorms(config);
  await checkSameDataset(options, facts);
  const tokenizer = given ?? (await readTokenizer(facts.tokenizer!));
  checkImportedTokens(config, known, tokenizer);
  const document = new TextEncoder().encode(JSON.stringify(config));
  const keys = runKeys(id);
  await store.put(keys.document, document, { durable: true });
  await store.put(keys.tokenizer, await inTurns(documentJson(tokenizer.document)), { durable: true });
  const shards = shardPlan(config);
  return {
    config,
    configHash: await contentHash(document),
    tokenizer,
    shards,
    derived: derivedNumbers(config, facts, shards),
  };
}

interface Settled {
  /** The document as it is stored: with absolute URLs, and with the sha256 of the initial weights. */
  readonly config: RunConfig;
  /** The tokenizer, if it is known already and need not be learned. */
  readonly tokenizer: Tokenizer | undefined;
}

async function settle({ id, config, store, storeAccess }: PrepareOptions): Promise<Settled> {
  const settled = withPlaces(config, absoluteUrl);
  const given = settled.init;
  if (!given) return { config: settled, tokenizer: await keptTokenizer(id, store) };
  const { init, tokenizer } =
    (await keptWeights(id, given, store)) ?? (await settledWeights(given, config.model, storeAccess));
  return { config: { ...settled, init }, tokenizer };
}

/**
 * The initial weights as they were settled when the run was first started. A run that is resumed uses these: the
 * weights themselves may be gone by now, since a checkpoint of the run has taken their place.
 */
async function keptWeights(id: string, given: InitialWeights, store: Store): Promise<SettledWeights | undefined> {
  const keys = runKeys(id);
  const tokenizer = await keptTokenizer(id, store);
  if (!tokenizer) return undefined;
  const { init } = parseJson(await store.get(keys.document)) as RunConfig;
  return init?.weights === given.weights ? { init, tokenizer } : undefined;
}

/** The tokenizer of a run that is resumed. It is written last: if it is not there, the run was never prepared. */
async function keptTokenizer(id: string, store: Store): Promise<Tokenizer | undefined> {
  const key = runKeys(id).tokenizer;
  if ((await store.size(key)) === undefined) return undefined;
  return readTokenizer(await store.get(key));
}

/** Throws CONFIG_INVALID if the run began with another data set: its past steps could not be repeated then. */
async function checkSameDataset(
  { id, config: { data }, store }: PrepareOptions,
  { datasetSha256: sha256 }: DataFacts,
): Promise<void> {
  const key = runKeys(id).dataset;
  if (await store.putIfAbsent(key, new TextEncoder().encode(sha256), { durable: true })) return;
  const before = new TextDecoder().decode(await store.get(key));
  if (before === sha256) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `data.train: expected the data set that run ${id} began with (sha256 ${before} of its manifest), got ` +
      `another at ${trainSources(data)
        .map(({ data: place }) => place)
        .join(', ')} (${sha256})`,
    help: 'Put the data set back, or begin another run from a checkpoint of this one: init.weights names its folder.',
    context: { run: id },
  });
}

/** The location as an absolute URL, which means the same to every process, whatever its working directory. */
function absoluteUrl(location: string): string {
  if (/^(s3|file):\/\//.test(location)) return location;
  return `file:${resolve(location.replace(/^file:/, ''))}`;
}

/** The tokenizer, if it comes with the initial weights or was made at an earlier start. */
function givenTokenizer({ init, tokenizer }: RunConfig, known: Tokenizer | undefined): Tokenizer | undefined {
  if (tokenizer.kind === 'clip') return undefined;
  return init && takesTokens(init) ? importedTokenizer(known, init, tokenizer.vocabulary) : known;
}

/** Throws CONFIG_INVALID if the weights come without a tokenizer, or with one of another vocabulary size. */
function importedTokenizer(known: Tokenizer | undefined, { weights }: InitialWeights, vocabulary: number): Tokenizer {
  if (known?.vocabulary === vocabulary) return known;
  const [expected, got] = known
    ? [`a tokenizer of tokenizer.vocabulary = ${vocabulary} tokens`, `one of ${known.vocabulary}`]
    : ['a tokenizer.json', 'none'];
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Initial weights: expected ${expected} beside ${weights}, whose text tower knows its own tokens ` +
      `only; got ${got}.`,
    help:
      'Name the folder of a checkpoint, which has it; or take the image tower alone (init.only: ' +
      '[image]) and learn a text tower with tokens of its own.',
  });
}

/** Throws CONFIG_INVALID if the text tower comes with weights whose tokenizer is not the run's, of the same size. */
function checkImportedTokens({ init }: RunConfig, known: Tokenizer | undefined, { document }: Tokenizer): void {
  if (!init || !takesTokens(init) || !known || hasSameTokens(known.document, document)) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `tokenizer: expected the one beside ${init.weights}, whose text tower knows its tokens only, got ` +
      "CLIP's own.",
    help: `Write tokenizer: { kind: bpe, vocabulary: ${known.vocabulary} } into the run document, which takes it.`,
  });
}

function derivedNumbers(config: RunConfig, data: DataFacts, shards: readonly ShardRange[]): DerivedNumbers {
  const valuesOf = (specs: readonly ParameterSpec[]): number =>
    specs.reduce((total, { shape }) => total + sizeOf(shape), 0);
  const parameters = valuesOf(parameterSpecs(config.model));
  const largest = Math.max(...shards.map(({ size }) => size));
  const float32Bytes = 4;
  return {
    parameters,
    trainPairs: data.trainPairs,
    ...(data.advice.length > 0 && { advice: [...data.advice] }),
    shards: shards.length,
    shardSizes: shards.map(({ size }) => size),
    microBatch: Math.min(config.microBatch ?? largest, largest),
    stepsPerEpoch: data.stepsPerEpoch,
    epochs: config.steps / data.stepsPerEpoch,
    embeddingBytesPerStep: 2 * config.batch * config.model.embed_dim * float32Bytes,
    gradientBytesPerShard:
      valuesOf(trainableParameters(config)) * (config.gradients?.precision === 'bfloat16' ? 2 : float32Bytes),
    parameterBytes: parameters * float32Bytes,
  };
}
