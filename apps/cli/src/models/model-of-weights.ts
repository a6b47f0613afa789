import { initialWeights, initialWeightsSchema } from '#protocol/run/initial-weights.js';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { StoreAccess } from '#store/open-store.js';
import { openModelWeights } from '#weights/model-weights.js';

/**
 * A run document that names weights to start from and no model takes the weights' own; `say` is told what had to be
 * assumed. Any other document comes back as it is. Throws NOT_FOUND and DATA_INVALID where the weights do not tell.
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
  for (const one of weights.assumed)
    say(`  assumed of ${weights.url}: ${one}; name the model in the run document to say otherwise`);
  await weights.close();
  return { ...document, model: weights.config };
}
