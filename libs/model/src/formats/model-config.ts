import { z } from 'zod';
import { parseClipConfig, type ClipConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fromHuggingFaceConfig } from './hugging-face-config.js';
import { inOurTerms } from './open-clip-config.js';

const documentSchema = z.looseObject({ model_cfg: z.unknown().optional(), model: z.unknown().optional() });

/** Keys of our config and open_clip's; Hugging Face's has none of them. */
const ownKeys = ['embed_dim', 'vision_cfg', 'text_cfg'];

/**
 * Reads the config from any of the documents that are found beside weights: open_clip_config.json, one of open_clip's
 * model_configs, Hugging Face's config.json, or the config of one of our checkpoints. Throws CONFIG_INVALID with every
 * problem, or DATA_INVALID if Tandem does not have this model.
 */
export function readModelConfig(document: unknown, url: string): ClipConfig {
  if (!documentSchema.safeParse(document).success) throw refused(url, 'it is no JSON object');
  const ours = configWithin(document);
  return ours === undefined ? fromHuggingFaceConfig(document, url) : parseClipConfig(inOurTerms(ours), url);
}

/** Is this Hugging Face's config.json, among the documents above? */
export function isOfHuggingFace(document: unknown): boolean {
  return documentSchema.safeParse(document).success && configWithin(document) === undefined;
}

/** Our config in a document; undefined if it has none. */
function configWithin(document: unknown): unknown {
  const { model_cfg, model, ...rest } = documentSchema.parse(document);
  return model_cfg ?? model ?? (ownKeys.some((key) => key in rest) ? document : undefined);
}

function refused(url: string, what: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: ${url} describes no model that Tandem has:\n${what}`,
    help: 'Say which model it is with `--model`, if the weights are of one after all.',
  });
}
