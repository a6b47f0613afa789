import type { ClipConfig } from '#protocol/run-config.js';

/** A model as one trains from scratch on a few cores: 256 wide, 6 layers, 64 px in patches of 8, 32 tokens. */
export const smallModel: ClipConfig = {
  embed_dim: 256,
  quick_gelu: false,
  vision_cfg: { image_size: 64, patch_size: 8, width: 256, layers: 6, head_width: 64, mlp_ratio: 4 },
  text_cfg: { context_length: 32, vocab_size: 8192, width: 256, heads: 4, layers: 6, mlp_ratio: 4 },
};
