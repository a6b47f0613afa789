import { initialWeights, initialWeightsSchema } from '#protocol/run/initial-weights.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { StoreAccess } from '#store/open-store.js';
import { openModelWeights } from '#weights/model-weights.js';

/**
 * Fill in the model of a run document that names initial weights but no model: the model is worked out from the
 * weights, and `say` is told what had to be assumed. Any other document is returned unchanged. Throws NOT_FOUND where
 * there are no weights, DATA_INVALID where no model fits them.
 */
export async function withModelOfWeights(
  document: RunConfigInput,
  access: StoreAccess,
  say: (line: string) => void,
): Promise<RunConfigInput> {
  const given = document as Partial<RunConfigInput> | null;
  const init = initialWeightsSchema.safeParse(given?.init);
  if (given === null || given.model !== undefined || !init.success) return document;
  const weights = await openModelWeights(initialWeights(init.data).weights, { access });
  for (const one of weights.notes) say(`  of ${weights.url} ${one}`);
  for (const one of weights.assumed)
    say(`  assumed of ${weights.url}: ${one}; name the model in the run document to say otherwise`);
  await weights.close();
  return { ...document, model: weights.config };
}
