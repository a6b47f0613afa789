/*
 * open_clip's configs have keys for models that Tandem does not have, and keys that change no number of the model. A
 * key whose value leaves the model as ours are is left out here; all others stay, and the schema refuses them by name.
 * Source: open_clip 3.3, model.py, CLIPVisionCfg and CLIPTextCfg, and their use in _build_vision_tower and
 * _build_text_tower.
 */

type Fields = Readonly<Record<string, unknown>>;
/** Does this value of the key leave the model as it is without the key? */
type IsNeutral = (value: unknown, among: Fields) => boolean;

const always: IsNeutral = () => true;
const isOff: IsNeutral = (value) => value === false || value === null;
const isNone: IsNeutral = (value) => value === null || value === '';
const isEmpty: IsNeutral = (value) => value === null || (isFields(value) && Object.keys(value).length === 0);
const without =
  (...keys: readonly string[]): IsNeutral =>
  (_value, among) =>
    keys.every((key) => !among[key]);
const only =
  (expected: unknown): IsNeutral =>
  (value) =>
    value === expected || value === null;

/** Of both towers: layer scale, which is off, and blocks with norms and scales in other places. */
const ofBlocks: Readonly<Record<string, IsNeutral>> = {
  ls_init_value: isNone,
  act_kwargs: isEmpty,
  block_type: only('default'),
  qk_norm: isOff,
  scaled_cosine_attn: isOff,
  scale_heads: isOff,
  scale_attn_inner: isOff,
  scale_attn: isOff,
  scale_fc: isOff,
  final_ln_after_pool: isOff,
  output_tokens: always,
};

const ofModel: Readonly<Record<string, IsNeutral>> = {
  // Whether the text tower is a module of its own, which changes only the names of its tensors.
  custom_text: always,
  // Whether logit_scale is [1] instead of a scalar.
  nonscalar_logit_scale: always,
};

const ofImages: Readonly<Record<string, IsNeutral>> = {
  ...ofBlocks,
  norm_kwargs: (value) =>
    isEmpty(value, {}) || (isFields(value) && Object.keys(value).join() === 'eps' && value['eps'] === 1e-5),
  // Patches that are left out while training.
  patch_dropout: always,
  attentional_pool: isOff,
  attn_pooler_queries: without('attentional_pool'),
  attn_pooler_heads: without('attentional_pool'),
  no_ln_pre: isOff,
  pos_embed_type: only('learnable'),
  pool_type: only('tok'),
  timm_model_name: isNone,
  timm_model_pretrained: without('timm_model_name'),
  timm_pool: without('timm_model_name'),
  timm_proj: without('timm_model_name'),
  timm_proj_bias: without('timm_model_name'),
  timm_drop: without('timm_model_name'),
  timm_drop_path: without('timm_model_name'),
};

const ofTexts: Readonly<Record<string, IsNeutral>> = {
  ...ofBlocks,
  norm_kwargs: isEmpty,
  // How captions become tokens; the tokenizer beside the weights says so.
  hf_tokenizer_name: always,
  tokenizer_mode: always,
  tokenizer_kwargs: always,
  embed_cls: isOff,
  pad_id: without('embed_cls'),
  eos_id: (_value, { pool_type }) => pool_type !== 'eos',
  proj_type: only('linear'),
  hf_model_name: isNone,
  hf_model_pretrained: without('hf_model_name'),
  hf_proj_type: without('hf_model_name'),
  hf_pooler_type: without('hf_model_name'),
};

/** open_clip's value where a config with pool_type eos has none. */
const usualEnd = 2;

/** A config in open_clip's terms with our keys alone, as far as the model is one of ours. */
export function inOurTerms(document: unknown): unknown {
  if (!isFields(document)) return document;
  const { vision_cfg: vision, text_cfg: text, ...model } = document;
  return {
    ...kept(model, ofModel),
    ...(vision !== undefined && { vision_cfg: isFields(vision) ? squared(kept(vision, ofImages)) : vision }),
    ...(text !== undefined && { text_cfg: isFields(text) ? withEnd(kept(text, ofTexts)) : text }),
  };
}

function kept(fields: Fields, neutral: Readonly<Record<string, IsNeutral>>): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(([key, value]) => !(Object.hasOwn(neutral, key) && neutral[key]!(value, fields))),
  );
}

/** image_size may be [height, width]. */
function squared(vision: Fields): Fields {
  const { image_size: size } = vision;
  return Array.isArray(size) && size.length === 2 && size[0] === size[1]
    ? { ...vision, image_size: size[0] as unknown }
    : vision;
}

function withEnd(text: Fields): Fields {
  return text['pool_type'] === 'eos' ? { eos_id: usualEnd, ...text } : text;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
