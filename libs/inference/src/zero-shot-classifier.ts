import { canonicalJson, sha256 } from '#data/dataset/canonical-json.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeFloat32, encodeFloat32 } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import type { ClipModel } from './clip-model.js';
import { similarities } from './similarities.js';
import { checkTemplates, fillTemplate } from './template.js';

/** A classifier made from the names of its classes, without training images. */
export interface ZeroShotClassifier {
  readonly classes: readonly string[];
  /** True where the text embeddings came from the cache. */
  readonly cached: boolean;
  /** Image embeddings [n, d], rows of unit length → logits s·⟨image, w_c⟩ [n, C], s the logit scale. */
  logits(images: Float32Array): Promise<Float32Array>;
}

/** The prompts of every class, or a list of them for each class. */
export type Templates = readonly string[] | readonly (readonly string[])[];

export interface ZeroShotOptions {
  readonly classes: readonly string[];
  readonly templates: Templates;
  /** Store that keeps text embeddings for the next time. */
  readonly cache?: Store | undefined;
}

/**
 * A zero-shot classifier with class embeddings w_c = normalise(mean over t of normalise(f(template_t(c)))), where f is
 * the text tower. The embeddings are computed once for each combination of model, tokenizer, templates and classes,
 * and come from the cache afterwards. Throws CONFIG_INVALID for bad templates or classes, NON_FINITE where an embedding
 * is not finite. Source: CLIP §3.1.4.
 */
export async function openZeroShotClassifier(
  model: ClipModel,
  { classes, templates, cache }: ZeroShotOptions,
): Promise<ZeroShotClassifier> {
  checkClasses(classes);
  const prompts = promptsOf(classes, templates);
  const d = model.config.embed_dim;
  const key = cacheKey(model, classes, templates);
  const found = cache && (await readWeights(cache, key, [classes.length, d]));
  const weights = found ?? (await classWeights(model, classes, prompts));
  if (cache && !found) await cache.put(key, encodeFloat32({ weights: { shape: [classes.length, d], data: weights } }));
  return {
    classes,
    cached: found !== undefined,
    logits: (images) => inTurns(similarities(images, weights, d, model.logitScale)),
  };
}

/** Key of the class embeddings in the cache: a hash of everything they depend on. */
export function cacheKey(
  model: Pick<ClipModel, 'version' | 'tokenizer'>,
  classes: readonly string[],
  templates: Templates,
): string {
  const parts = [model.version, model.tokenizer.hash, sha256(canonicalJson(templates)), sha256(canonicalJson(classes))];
  return `zero-shot/${sha256(canonicalJson(parts))}.safetensors`;
}

/** The filled-in templates of each class. */
function promptsOf(classes: readonly string[], templates: Templates): readonly (readonly string[])[] {
  const isShared = (given: Templates): given is readonly string[] => typeof given[0] !== 'object';
  const each = isShared(templates) ? classes.map(() => templates) : templates;
  if (isShared(templates)) checkTemplates(templates);
  else templates.forEach(checkTemplates);
  if (each.length !== classes.length)
    throw new RangeError(`zero-shot: expected templates for ${classes.length} classes, got them for ${each.length}`);
  return classes.map((name, index) => each[index]!.map((template) => fillTemplate(template, name)));
}

/** The class embeddings w [C, d], rows of unit length. */
async function classWeights(
  model: ClipModel,
  classes: readonly string[],
  prompts: readonly (readonly string[])[],
): Promise<Float32Array> {
  const d = model.config.embed_dim;
  const embedded = await model.embedTexts(prompts.flat()); // [Σ T_c, d], unit rows
  return inTurns(
    meanDirections(
      classes,
      prompts.map(({ length }) => length),
      embedded,
      d,
    ),
  );
}

/** Of T_c embeddings of each class, one after the other: [Σ T_c, d] → [C, d]. */
function* meanDirections(
  classes: readonly string[],
  counts: readonly number[],
  embedded: Float32Array,
  d: number,
): Pausable<Float32Array> {
  const weights = new Float32Array(classes.length * d);
  let row = 0;
  for (const [index, name] of classes.entries()) {
    const sum = new Float64Array(d);
    for (const end = row + counts[index]!; row < end; row += 1) {
      for (let j = 0; j < d; j += 1) sum[j]! += embedded[row * d + j]!;
    }
    const norm = Math.hypot(...sum);
    if (!(norm > 0 && norm < Infinity)) throw noDirection(name, norm);
    weights.set(
      sum.map((value) => value / norm),
      index * d,
    );
    yield;
  }
  return weights;
}

/** Undefined where nothing is cached. A blob that cannot be read counts as none, and is computed again and replaced. */
async function readWeights(
  cache: Store,
  key: string,
  [rows, columns]: readonly [number, number],
): Promise<Float32Array | undefined> {
  try {
    const weights = decodeFloat32(await cache.get(key))['weights'];
    return weights?.shape[0] === rows && weights.shape[1] === columns ? weights.data : undefined;
  } catch (thrown) {
    if (thrown instanceof TandemError && (thrown.code === ErrorCode.NotFound || thrown.code === ErrorCode.DataInvalid))
      return undefined;
    throw thrown;
  }
}

function checkClasses(classes: readonly string[]): void {
  const seen = new Set<string>();
  const twice = classes.find((name) => seen.size === seen.add(name).size);
  if (classes.length > 0 && twice === undefined) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      twice === undefined
        ? 'Expected at least one label, got none.'
        : `Expected labels that differ, got "${twice}" twice.`,
    help: 'Name every label once.',
  });
}

function noDirection(name: string, norm: number): TandemError {
  return new TandemError({
    code: ErrorCode.NonFinite,
    message:
      `Zero-shot: expected texts of class "${name}" with a mean embedding of finite length above 0, ` + `got ${norm}.`,
    help: 'The parameters are not finite, or the training has collapsed: use an earlier checkpoint.',
  });
}
