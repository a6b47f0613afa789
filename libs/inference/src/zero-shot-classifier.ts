import { canonicalJson, sha256 } from '#data/dataset/canonical-json.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { decodeFloat32, encodeFloat32 } from '#store/safetensors/safetensors.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import type { ClipModel } from './clip-model.js';
import { checkTemplates, fillTemplate } from './template.js';

/** A classifier made from the names of its classes, without training images. */
export interface ZeroShotClassifier {
  readonly classes: readonly string[];
  /** True where the text embeddings came from the cache. */
  readonly cached: boolean;
  /** Image embeddings [n, d], rows of unit length → logits s·⟨image, w_c⟩ [n, C], s the logit scale. */
  logits(images: Float32Array): Promise<Float32Array>;
}

export interface ZeroShotOptions {
  readonly classes: readonly string[];
  readonly templates: readonly string[];
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
  checkTemplates(templates);
  checkClasses(classes);
  const d = model.config.embed_dim;
  const key = cacheKey(model, classes, templates);
  const found = cache && (await readWeights(cache, key, [classes.length, d]));
  const weights = found ?? (await classWeights(model, classes, templates));
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
  templates: readonly string[],
): string {
  const parts = [model.version, model.tokenizer.hash, sha256(canonicalJson(templates)), sha256(canonicalJson(classes))];
  return `zero-shot/${sha256(canonicalJson(parts))}.safetensors`;
}

/** The class embeddings w [C, d], rows of unit length. */
async function classWeights(
  model: ClipModel,
  classes: readonly string[],
  templates: readonly string[],
): Promise<Float32Array> {
  const d = model.config.embed_dim;
  const texts = classes.flatMap((name) => templates.map((template) => fillTemplate(template, name)));
  const embedded = await model.embedTexts(texts); // [C·T, d], unit rows
  return inTurns(meanDirections(classes, templates.length, embedded, d));
}

/** Of T embeddings of each class: [C·T, d] → [C, d]. */
function* meanDirections(
  classes: readonly string[],
  templates: number,
  embedded: Float32Array,
  d: number,
): Pausable<Float32Array> {
  const weights = new Float32Array(classes.length * d);
  for (const [index, name] of classes.entries()) {
    const sum = new Float64Array(d);
    for (let t = 0; t < templates; t += 1) {
      const row = (index * templates + t) * d;
      for (let j = 0; j < d; j += 1) sum[j]! += embedded[row + j]!;
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

function* similarities(images: Float32Array, weights: Float32Array, d: number, scale: number): Pausable<Float32Array> {
  const [n, classes] = [images.length / d, weights.length / d];
  const logits = new Float32Array(n * classes); // [n, C]
  for (let i = 0; i < n; i += 1) {
    scaledDots(images.subarray(i * d, (i + 1) * d), weights, scale, logits.subarray(i * classes, (i + 1) * classes));
    yield;
  }
  return logits;
}

/**
 * Writes scale·⟨x, row⟩ for each row. x [d], rows [C, d] → [C]. Four sums at once take about half the time of one after
 * the other, because an addition need not wait for the one before it; each adds in the same order as alone.
 */
function scaledDots(x: Float32Array, rows: Float32Array, scale: number, to: Float32Array): void {
  const [d, last] = [x.length, to.length - 1];
  for (let c = 0; c <= last; c += 4) {
    // Where there are fewer than four left, the last one is computed again.
    const [c1, c2, c3] = [Math.min(c + 1, last), Math.min(c + 2, last), Math.min(c + 3, last)];
    const [at0, at1, at2, at3] = [c * d, c1 * d, c2 * d, c3 * d];
    let [dot0, dot1, dot2, dot3] = [0, 0, 0, 0];
    for (let j = 0; j < d; j += 1) {
      const value = x[j]!;
      dot0 += value * rows[at0 + j]!;
      dot1 += value * rows[at1 + j]!;
      dot2 += value * rows[at2 + j]!;
      dot3 += value * rows[at3 + j]!;
    }
    to[c] = scale * dot0;
    to[c1] = scale * dot1;
    to[c2] = scale * dot2;
    to[c3] = scale * dot3;
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
