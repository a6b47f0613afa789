import type { ClipConfigInput } from '#protocol/run/run-config.js';

/** The initial values of the loss's parameters in all SigLIP models. */
const loss = { init_logit_scale: Math.log(10), init_logit_bias: -10 } as const;
/** What all text towers have in common; they are open_clip's. */
const text = {
  context_length: 64,
  vocab_size: 32_000,
  no_causal_mask: true,
  proj_bias: true,
  pool_type: 'last',
  norm_kwargs: { eps: 1e-6 },
} as const;
const base = { ...text, width: 768, heads: 12, layers: 12 };
const large = { ...text, width: 1024, heads: 16, layers: 24 };
const so400m = { ...text, width: 1152, heads: 16, layers: 27, mlp_ratio: 3.7362 };

/**
 * Models in the shapes of SigLIP's. Only the text towers are SigLIP's, so only they can take its weights. The image
 * towers are our Vision Transformer of the same width, depth and patch size. SigLIP's own (timm's vit_*_siglip_*)
 * differ: they have no class row but pool their rows by attention with a learned query, followed by an MLP; they have a
 * bias on the patches, no norm before the blocks, an epsilon of 1e-6 in their norms, and no projection. Source:
 * open_clip model_configs/ViT-*-SigLIP*.json; timm vision_transformer.py.
 */
export const sigLips: Readonly<Record<string, ClipConfigInput>> = {
  'ViT-B-16-SigLIP': {
    ...loss,
    embed_dim: 768,
    vision_cfg: { image_size: 224, layers: 12, width: 768, patch_size: 16 },
    text_cfg: base,
  },
  'ViT-B-16-SigLIP-256': {
    ...loss,
    embed_dim: 768,
    vision_cfg: { image_size: 256, layers: 12, width: 768, patch_size: 16 },
    text_cfg: base,
  },
  'ViT-B-16-SigLIP-384': {
    ...loss,
    embed_dim: 768,
    vision_cfg: { image_size: 384, layers: 12, width: 768, patch_size: 16 },
    text_cfg: base,
  },
  'ViT-B-16-SigLIP-512': {
    ...loss,
    embed_dim: 768,
    vision_cfg: { image_size: 512, layers: 12, width: 768, patch_size: 16 },
    text_cfg: base,
  },
  'ViT-L-16-SigLIP-256': {
    ...loss,
    embed_dim: 1024,
    vision_cfg: { image_size: 256, layers: 24, width: 1024, patch_size: 16 },
    text_cfg: large,
  },
  'ViT-L-16-SigLIP-384': {
    ...loss,
    embed_dim: 1024,
    vision_cfg: { image_size: 384, layers: 24, width: 1024, patch_size: 16 },
    text_cfg: large,
  },
  'ViT-SO400M-14-SigLIP': {
    ...loss,
    embed_dim: 1152,
    vision_cfg: { image_size: 224, layers: 27, width: 1152, patch_size: 14, head_width: 72, mlp_ratio: 3.7362 },
    text_cfg: { ...so400m, context_length: 16 },
  },
};
