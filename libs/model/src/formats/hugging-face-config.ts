import { z } from 'zod';
import { parseClipConfig, type ClipConfig } from '#protocol/run/run-config.js';
import { endTokenId } from '#protocol/run/text-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import { problemText } from '#protocol/input/schema-problems.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { hiddenWidth, mlpRatio } from '../parameters/parameters.js';

/*
 * Hugging Face's config.json of a CLIPModel. Files leave out fields that have their default value, so the defaults here
 * are Hugging Face's.
 * Source: transformers, models/clip/configuration_clip.py.
 */

const towerSchema = {
  num_hidden_layers: z.int().default(12),
  hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
  layer_norm_eps: z.literal(1e-5).default(1e-5),
};
const schema = z.object({
  model_type: z.literal('clip'),
  projection_dim: z.int().default(512),
  text_config: z
    .object({
      ...towerSchema,
      vocab_size: z.int().default(49_408),
      hidden_size: z.int().default(512),
      intermediate_size: z.int().default(2048),
      num_attention_heads: z.int().default(8),
      max_position_embeddings: z.int().default(77),
      bos_token_id: z.int().nullish(),
      eos_token_id: z.int().default(49_407),
      pad_token_id: z.int().nullish(),
    })
    .prefault({}),
  vision_config: z
    .object({
      ...towerSchema,
      hidden_size: z.int().default(768),
      intermediate_size: z.int().default(3072),
      num_attention_heads: z.int().default(12),
      num_channels: z.literal(3).default(3),
      image_size: z.int().default(224),
      patch_size: z.int().default(32),
    })
    .prefault({}),
});

/**
 * Converts Hugging Face's config to ours. Throws DATA_INVALID if it is not that of a CLIP, or if that CLIP computes
 * differently from ours.
 */
export function fromHuggingFaceConfig(document: unknown, url: string): ClipConfig {
  const parsed = schema.safeParse(document);
  if (!parsed.success) throw refused(url, problemText(parsed.error));
  const { projection_dim, text_config: text, vision_config: vision } = parsed.data;
  if (text.hidden_act !== vision.hidden_act)
    throw refused(url, `the towers have different activations, ${vision.hidden_act} and ${text.hidden_act}`);
  const { eos_token_id: end, vocab_size: tokens } = text;
  // At the token of highest id, or at the first with the id of the end token, which comes to the same if that is last.
  const isRead = end !== legacyEnd && end !== tokens - 1;
  if (isRead && (end < 0 || end >= tokens)) throw endOutside(url, tokens, end);
  const config = {
    embed_dim: projection_dim,
    quick_gelu: text.hidden_act === 'quick_gelu',
    vision_cfg: {
      image_size: vision.image_size,
      layers: vision.num_hidden_layers,
      width: vision.hidden_size,
      patch_size: vision.patch_size,
      head_width: vision.hidden_size / vision.num_attention_heads,
      mlp_ratio: mlpRatio(vision.intermediate_size, vision.hidden_size),
    },
    text_cfg: {
      context_length: text.max_position_embeddings,
      vocab_size: text.vocab_size,
      width: text.hidden_size,
      heads: text.num_attention_heads,
      layers: text.num_hidden_layers,
      mlp_ratio: mlpRatio(text.intermediate_size, text.hidden_size),
      ...(isRead && { pool_type: 'eos', eos_id: end }),
    },
  };
  return parseClipConfig(config, `${url}, in open_clip's terms,`);
}

/**
 * The ids of the special tokens that a config names, for one that takes its place. Where it names none, transformers
 * takes its own defaults, and so it will again: undefined.
 */
export function ownTokenIds(document: unknown): Readonly<Record<string, number | null | undefined>> {
  const { bos_token_id, eos_token_id, pad_token_id } = schema.parse(document).text_config;
  return { bos_token_id, eos_token_id, pad_token_id };
}

/** Converts our config to Hugging Face's, which CLIPModel.from_pretrained reads beside the weights. */
export function toHuggingFaceConfig(config: ClipConfig, dtype: string): Record<string, unknown> {
  const { embed_dim: d, vision_cfg: vision, text_cfg: text } = config;
  if (isResNet(vision)) throw new Error('internal: CLIPModel has no ResNet');
  const same = {
    hidden_act: config.quick_gelu ? 'quick_gelu' : 'gelu',
    layer_norm_eps: 1e-5,
    attention_dropout: 0,
    projection_dim: d,
  };
  return {
    architectures: ['CLIPModel'],
    model_type: 'clip',
    projection_dim: d,
    logit_scale_init_value: Math.log(1 / 0.07),
    torch_dtype: dtype,
    text_config: {
      model_type: 'clip_text_model',
      vocab_size: text.vocab_size,
      max_position_embeddings: text.context_length,
      hidden_size: text.width,
      intermediate_size: hiddenWidth(text),
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      // The start token, and the end token, which is where the text is read.
      bos_token_id: Math.max(0, endTokenId(text) - 1),
      eos_token_id: endTokenId(text),
      ...same,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      image_size: vision.image_size,
      patch_size: vision.patch_size,
      num_channels: 3,
      hidden_size: vision.width,
      intermediate_size: hiddenWidth(vision),
      num_hidden_layers: vision.layers,
      num_attention_heads: vision.width / vision.head_width,
      ...same,
    },
  };
}

/** Configs written before transformers 4.31 say this, and CLIPModel then reads the text at the token of highest id. */
export const legacyEnd = 2;

/** No caption has such a token, so CLIPModel would read each at its first token, the same for all. */
function endOutside(url: string, tokens: number, end: number): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message:
      `Weights: ${url} describes a text tower of ${tokens} tokens whose end token is ${end}: expected ` +
      `text_config.eos_token_id below ${tokens}. (Where it is left out, transformers takes 49407.)`,
    help: "Write the id of the tokenizer's end token there, in transformers too: all captions are read at that token.",
  });
}

function refused(url: string, what: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Weights: ${url} describes no CLIP that Tandem has:\n${what}`,
    help: 'Say which model it is with `--model`, if the weights are of one after all.',
  });
}
