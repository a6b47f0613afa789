import type { Pausable } from '#threads/turns.js';
import type { EmbeddingGradients, Embeddings } from './contrastive-result.js';

/**
 * Adds the diagonal's part to the gradients of the embeddings: s·G_ii·texts_i to the gradient of image i, and
 * s·G_ii·images_i to that of text i. factors: s·G_ii [N].
 */
export function* addPositives(
  { imageGradients, textGradients }: EmbeddingGradients,
  { images, texts }: Embeddings,
  factors: Float64Array,
): Pausable<void> {
  const width = images.length / factors.length;
  for (const [i, factor] of factors.entries()) {
    for (let k = i * width; k < (i + 1) * width; k++) {
      imageGradients[k] = imageGradients[k]! + factor * texts[k]!;
      textGradients[k] = textGradients[k]! + factor * images[k]!;
    }
    if (i % pairsBetweenPauses === 0) yield;
  }
}

/** Takes about a millisecond. */
const pairsBetweenPauses = 512;
