import { evaluationImage } from '#data/image/evaluation-image.js';
import type { ClipModel } from './clip-model.js';
import { softmax, topK } from './ranking.js';
import { defaultTemplate } from './template.js';
import { openZeroShotClassifier } from './zero-shot-classifier.js';

export interface LabelProbability {
  readonly label: string;
  readonly probability: number;
}

/**
 * What an image shows, of the labels given: softmax over them of s·⟨f(image), w_label⟩, w as in openZeroShotClassifier,
 * most probable first, of equal ones in the order given. Throws DATA_INVALID for an unreadable image, CONFIG_INVALID
 * for bad labels or templates.
 */
export async function predict(
  model: ClipModel,
  image: Uint8Array,
  labels: readonly string[],
  { templates = [defaultTemplate] }: { readonly templates?: readonly string[] } = {},
): Promise<LabelProbability[]> {
  const side = model.config.vision_cfg.image_size;
  const classifier = await openZeroShotClassifier(model, { classes: labels, templates });
  const logits = classifier.logits(await model.embedImages(await evaluationImage(image, side)));
  const probabilities = softmax(logits);
  return topK(logits, labels.length).map((index) => ({ label: labels[index]!, probability: probabilities[index]! }));
}
