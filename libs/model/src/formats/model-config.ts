import { z } from 'zod';
import { clipConfigSchema, type ClipConfig } from '#protocol/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { fromHuggingFaceConfig } from './hugging-face-config.js';

const documentSchema = z.looseObject({ model_cfg: z.unknown().optional(), model: z.unknown().optional(), embed_dim: z.unknown().optional() });

/**
 * The config in any of the documents that lie beside weights: open_clip_config.json and open_clip's model_configs, Hugging
 * Face's config.json, or a checkpoint's of ours. Throws DATA_INVALID saying what is wrong with it.
 */
export function readModelConfig(document: unknown, url: string): ClipConfig {
  const parsed = documentSchema.safeParse(document);
  if (!parsed.success) throw refused(url, 'it is no JSON object');
  const { model_cfg, model, embed_dim } = parsed.data;
  const ours = model_cfg ?? model ?? (embed_dim === undefined ? undefined : document);
  if (ours === undefined) return fromHuggingFaceConfig(document, url);
  const config = clipConfigSchema.safeParse(ours);
  if (config.success) return config.data;
  throw refused(url, z.prettifyError(config.error));
}

function refused(url: string, what: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: ${url} describes no model that Tandem has:\n${what}`,
    help: 'Say which model it is with `--model`, if the weights are of one after all.',
  });
}
