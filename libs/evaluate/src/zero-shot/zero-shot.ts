import type { ClipModel } from '#inference/clip-model.js';
import { openZeroShotClassifier, type Templates } from '#inference/zero-shot-classifier.js';
import type { Store } from '#store/store.js';
import { inTurns } from '#threads/turns.js';
import { judging, type Judged } from '../accuracy.js';
import { classesOf, type ClassDocument } from './class-document.js';

export interface ZeroShotImages {
  /** Name of the data set, for errors. */
  readonly dataset: string;
  readonly labels: readonly string[];
  /** The true label of each image: [n]. */
  readonly truths: Int32Array;
  /** [n, d], rows of unit length. */
  readonly embeddings: Float32Array;
}

export interface ZeroShotOptions {
  /** What the labels are called; their own names if left out. */
  readonly classes?: ClassDocument | undefined;
  /** Of all classes that have none of their own in the document. */
  readonly templates: readonly string[];
  /** Keeps the embeddings of the classes. */
  readonly store: Store;
}

export interface ZeroShotOutcome {
  readonly judged: Judged;
  /** s·⟨image, class⟩: [n, C]. */
  readonly logits: Float32Array;
  readonly templates: Templates;
  /** True where the embeddings of the classes came from the store. */
  readonly cached: boolean;
}

/**
 * Classifies images by the names of their classes alone, from their embeddings. Throws CONFIG_INVALID where classes and
 * labels differ. Source: CLIP §3.1.2, §3.1.4.
 */
export async function zeroShot(
  model: ClipModel,
  { dataset, labels, truths, embeddings }: ZeroShotImages,
  options: ZeroShotOptions,
): Promise<ZeroShotOutcome> {
  const named = options.classes && classesOf(options.classes, labels, dataset);
  const shared = options.templates;
  const hasOwn = named?.some((one) => one.templates !== undefined) ?? false;
  const templates = hasOwn ? named!.map((one) => one.templates ?? shared) : shared;
  const classes = named?.map(({ name }) => name) ?? labels;
  const classifier = await openZeroShotClassifier(model, { classes, templates, cache: options.store });
  const logits = await classifier.logits(embeddings);
  return { judged: await inTurns(judging(logits, truths, labels)), logits, templates, cached: classifier.cached };
}
