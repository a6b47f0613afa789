import type { ClipConfigInput } from '#protocol/run/run-config.js';

/** CLIP's ResNets. Source: CLIP table 19; open_clip model_configs/RN*.json. */
export const resNets: Readonly<Record<string, ClipConfigInput>> = {
  RN50: {
    embed_dim: 1024,
    vision_cfg: { image_size: 224, layers: [3, 4, 6, 3], width: 64 },
    text_cfg: { width: 512, heads: 8, layers: 12 },
  },
  RN101: {
    embed_dim: 512,
    vision_cfg: { image_size: 224, layers: [3, 4, 23, 3], width: 64 },
    text_cfg: { width: 512, heads: 8, layers: 12 },
  },
  RN50x4: {
    embed_dim: 640,
    vision_cfg: { image_size: 288, layers: [4, 6, 10, 6], width: 80 },
    text_cfg: { width: 640, heads: 10, layers: 12 },
  },
  RN50x16: {
    embed_dim: 768,
    vision_cfg: { image_size: 384, layers: [6, 8, 18, 8], width: 96 },
    text_cfg: { width: 768, heads: 12, layers: 12 },
  },
  RN50x64: {
    embed_dim: 1024,
    vision_cfg: { image_size: 448, layers: [3, 15, 36, 10], width: 128 },
    text_cfg: { width: 1024, heads: 16, layers: 12 },
  },
};
