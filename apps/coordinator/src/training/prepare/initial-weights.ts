import type { Tokenizer } from '#data/text/tokenizer.js';
import { drawnValues } from '#model/parameters/initialise.js';
import type { NamedValues } from '#model/parameters/named-values.js';
import { notFinite } from '#model/parameters/not-finite.js';
import { modelTensors } from '#model/parameters/parameters.js';
import { fromWeightsMatcher, type InitialWeights } from '#protocol/run/initial-weights.js';
import type { ClipConfig, RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { StoreAccess } from '#store/open-store.js';
import { inTurns } from '#threads/turns.js';
import { openModelWeights, type ModelWeights } from '#weights/model-weights.js';

/** What is decided about the initial weights before a run's first step. */
export interface SettledWeights {
  /** What the document says about them, with their sha256 added. */
  readonly init: InitialWeights;
  /** The tokenizer beside the weights, if there is one and their token embeddings are used. */
  readonly tokenizer: Tokenizer | undefined;
}

/**
 * Opens a run's initial weights and notes their sha256. Errors: NOT_FOUND and DATA_INVALID if they are missing or do
 * not fit the model; CONFIG_INVALID if the document names another sha256.
 */
export async function settledWeights(
  init: InitialWeights,
  model: ClipConfig,
  access: StoreAccess,
): Promise<SettledWeights> {
  const weights = await openWeights(init, model, access);
  try {
    const sha256 = await checkedHash(init, weights);
    return { init: { ...init, sha256 }, tokenizer: takesTokens(init) ? await weights.tokenizer() : undefined };
  } finally {
    await weights.close();
  }
}

/** Are the token embeddings taken from the weights? Then the run must use the tokenizer that the weights use. */
export function takesTokens(init: InitialWeights): boolean {
  return fromWeightsMatcher(init)({ name: 'token_embedding.weight', tower: 'text' });
}

/**
 * θ before the first step: taken from the initial weights that the document names, and drawn from the seed where it
 * names none. Throws CONFIG_INVALID if the weights are not the ones that the run was prepared with, and the reason of
 * `signal` soon after it is aborted: drawing a large model takes seconds.
 */
export async function startingParameters(
  { init, model, seed }: RunConfig,
  access: StoreAccess,
  signal?: AbortSignal,
): Promise<NamedValues> {
  const weights = init && (await openWeights(init, model, access));
  try {
    if (weights) await checkedHash(init, weights);
    const taken = new Set(weights?.parameters);
    const values: Record<string, Float32Array> = {};
    for (const spec of modelTensors(model)) {
      signal?.throwIfAborted();
      values[spec.name] =
        weights && taken.has(spec.name)
          ? await finiteValues(spec.name, weights)
          : await inTurns(drawnValues(spec, seed), signal);
    }
    return values;
  } finally {
    await weights?.close();
  }
}

function openWeights(init: InitialWeights, model: ClipConfig, access: StoreAccess): Promise<ModelWeights> {
  const specs = new Map(modelTensors(model).map((spec) => [spec.name, spec]));
  const isTaken = fromWeightsMatcher(init);
  const isWanted = init.only && ((name: string): boolean => isTaken(specs.get(name)!));
  return openModelWeights(init.weights, { access, config: model, isResized: true, ...(isWanted && { isWanted }) });
}

async function checkedHash({ sha256: expected }: InitialWeights, weights: ModelWeights): Promise<string> {
  const got = await weights.sha256();
  if (expected === undefined || got === expected) return got;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Initial weights: expected sha256 ${expected} at ${weights.url}, got ${got}.`,
    help: 'Put back the weights that the run was started with, or start another run.',
  });
}

async function finiteValues(parameter: string, weights: ModelWeights): Promise<Float32Array> {
  const values = await weights.read(parameter);
  const bad = await inTurns(notFinite(values));
  if (bad === undefined) return values;
  throw new TandemError({
    code: ErrorCode.NonFinite,
    message: `Initial weights: ${parameter} in ${weights.url} holds ${bad}.`,
    help: 'Start from weights that are finite.',
  });
}
