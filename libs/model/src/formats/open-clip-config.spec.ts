// Goal: of open_clip's keys those that change no number are left out, and no others. Method: configs as its
// model_configs have them; test/interop compares embeddings.
import { expect, it } from 'vitest';
import { parseClipConfig } from '#protocol/run/run-config.js';
import { inOurTerms } from './open-clip-config.js';
import { readModelConfig } from './model-config.js';

const vision = { image_size: 32, layers: 1, width: 64, patch_size: 8 };
const text = { context_length: 8, vocab_size: 600, width: 64, heads: 1, layers: 1 };
const plain = parseClipConfig({ embed_dim: 16, vision_cfg: vision, text_cfg: text }, 'plain');

it.each<[string, object, object, object]>([
  ['of the names of tensors', { custom_text: true, nonscalar_logit_scale: false }, {}, {}],
  ['of training', {}, { patch_dropout: 0.5 }, {}],
  [
    'of the tokenizer',
    {},
    {},
    { hf_tokenizer_name: 'a/b', tokenizer_mode: null, tokenizer_kwargs: { clean: 'lower' } },
  ],
  [
    'that are off',
    {},
    { ls_init_value: null, attentional_pool: false, attn_pooler_heads: 8, no_ln_pre: false, timm_model_name: null },
    { embed_cls: false, pad_id: 1, eos_id: 2, act_kwargs: null, norm_kwargs: null, hf_model_name: null },
  ],
  ['with the values that ours have', {}, { pool_type: 'tok', norm_kwargs: { eps: 1e-5 } }, { proj_type: 'linear' }],
  ['of a square', {}, { image_size: [32, 32] }, {}],
])('keys %s are left out', (_, model, images, texts) => {
  const document = { embed_dim: 16, ...model, vision_cfg: { ...vision, ...images }, text_cfg: { ...text, ...texts } };
  expect(readModelConfig({ model_cfg: document }, 'open_clip_config.json')).toEqual(plain);
});

it.each<[object, object, RegExp]>([
  [{ ls_init_value: 1e-5 }, {}, /vision_cfg: .*"ls_init_value"/],
  [{ attentional_pool: true, attn_pooler_heads: 8 }, {}, /"attentional_pool"/],
  [{ no_ln_pre: true }, {}, /"no_ln_pre"/],
  [{ pool_type: 'avg' }, {}, /"pool_type"/],
  [{ norm_kwargs: { eps: 1e-6 } }, {}, /"norm_kwargs"/],
  [{ timm_model_name: 'vit_base' }, {}, /"timm_model_name"/],
  [{ image_size: [32, 64] }, {}, /vision_cfg/],
  [{}, { embed_cls: true, pad_id: 1 }, /text_cfg: .*"embed_cls"/],
  [{}, { act_kwargs: { approximate: 'tanh' } }, /"act_kwargs"/],
  [{}, { proj_type: 'none' }, /"proj_type"/],
  [{}, { hf_model_name: 'roberta' }, /"hf_model_name"/],
  [{}, { qk_norm: true }, /"qk_norm"/],
])('what computes otherwise is refused by name: %j %j', (images, texts, message) => {
  const document = { embed_dim: 16, vision_cfg: { ...vision, ...images }, text_cfg: { ...text, ...texts } };
  expect(() => readModelConfig(document, 'open_clip_config.json')).toThrow(message);
});

it('the end token that open_clip takes where pool_type is eos and names none', () => {
  expect(inOurTerms({ text_cfg: { pool_type: 'eos' } })).toEqual({ text_cfg: { pool_type: 'eos', eos_id: 2 } });
  expect(inOurTerms({ text_cfg: { pool_type: 'eos', eos_id: 7 } })).toEqual({
    text_cfg: { pool_type: 'eos', eos_id: 7 },
  });
});

it('what is no config is left for the schema to refuse', () => {
  expect(inOurTerms([1])).toEqual([1]);
  expect(() => readModelConfig({ embed_dim: 16, vision_cfg: 3 }, 'a.json')).toThrow(/text_cfg/);
});
