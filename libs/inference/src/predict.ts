import { evaluationImage } from '#data/image/evaluation-image.js';
import type { ClipModel } from './clip-model.js';
import { mostProbable, type LabelProbability } from './ranking.js';
import { defaultTemplate } from './template.js';
import { openZeroShotClassifier } from './zero-shot-classifier.js';

/**
 * The probability of each label for an image: softmax over the labels of s·⟨f(image), w_label⟩, where s is the logit
 * scale, f the image tower and w_label the class embedding of openZeroShotClassifier. Most probable first, equal ones
 * in the order given. Throws DATA_INVALID for an unreadable image, CONFIG_INVALID for bad labels or templates.
 */
export async function predict(
  model: ClipModel,
  image: Uint8Array,
  labels: readonly string[],
  { templates = [defaultTemplate] }: { readonly templates?: readonly string[] } = {},
): Promise<LabelProbability[]> {
  const side = model.config.vision_cfg.image_size;
  const classifier = await openZeroShotClassifier(model, { classes: labels, templates });
  const logits = await classifier.logits(await model.embedImages(await evaluationImage(image, side)));
  return mostProbable(logits, labels, labels.length);
}
