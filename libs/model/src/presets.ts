import type { ClipConfig } from '#protocol/run-config.js';

/** Names of the models that can be asked for by name, in open_clip's spelling. */
export function presetNames(): string[] {
  return Object.keys(presets);
}

/** A model by its open_clip name; `…-quickgelu` is the same model with QuickGELU, which OpenAI's weights need. */
export function preset(name: string): ClipConfig | undefined {
  return Object.hasOwn(presets, name) ? presets[name] : undefined;
}

/** Image tower: pixels a side, patch, width × layers. Text tower: width × layers, heads. Source: open_clip model_configs. */
const plain: Readonly<Record<string, ClipConfig>> = {
  'ViT-S-32-alt': vit({ embed: 256, image: [224, 32, 384, 12], text: [256, 10, 4] }),
  'ViT-S-32': vit({ embed: 384, image: [224, 32, 384, 12], text: [384, 12, 6] }),
  'ViT-S-16': vit({ embed: 384, image: [224, 16, 384, 12], text: [384, 12, 6] }),
  'ViT-M-32': vit({ embed: 512, image: [224, 32, 512, 12], text: [512, 12, 8] }),
  'ViT-B-32': vit({ embed: 512, image: [224, 32, 768, 12], text: [512, 12, 8] }),
  'ViT-B-16': vit({ embed: 512, image: [224, 16, 768, 12], text: [512, 12, 8] }),
  'ViT-B-16-plus-240': vit({ embed: 640, image: [240, 16, 896, 12], text: [640, 12, 10] }),
  'ViT-L-14': vit({ embed: 768, image: [224, 14, 1024, 24], text: [768, 12, 12] }),
  'ViT-L-14-336': vit({ embed: 768, image: [336, 14, 1024, 24], text: [768, 12, 12] }),
  'ViT-H-14': vit({ embed: 1024, image: [224, 14, 1280, 32], text: [1024, 24, 16], headWidth: 80 }),
  'ViT-g-14': vit({ embed: 1024, image: [224, 14, 1408, 40], text: [1024, 24, 16], headWidth: 88, mlpRatio: 4.3637 }),
  'ViT-bigG-14': vit({ embed: 1280, image: [224, 14, 1664, 48], text: [1280, 32, 20], headWidth: 104, mlpRatio: 4.9231 }),
};

const withQuickGelu = ['ViT-B-32', 'ViT-B-16', 'ViT-L-14', 'ViT-L-14-336', 'ViT-H-14', 'ViT-bigG-14'];

const presets: Readonly<Record<string, ClipConfig>> = {
  ...plain,
  ...Object.fromEntries(withQuickGelu.map((name) => [`${name}-quickgelu`, { ...(plain[name] as ClipConfig), quick_gelu: true }])),
};

interface VitShape {
  readonly embed: number;
  /** [pixels a side, patch, width, layers] */
  readonly image: readonly [number, number, number, number];
  /** [width, layers, heads] */
  readonly text: readonly [number, number, number];
  readonly headWidth?: number;
  readonly mlpRatio?: number;
}

function vit({ embed, image, text, headWidth = 64, mlpRatio = 4 }: VitShape): ClipConfig {
  const [size, patch, width, layers] = image;
  const [textWidth, textLayers, heads] = text;
  return {
    embed_dim: embed,
    quick_gelu: false,
    vision_cfg: { image_size: size, layers, width, patch_size: patch, head_width: headWidth, mlp_ratio: mlpRatio },
    text_cfg: { context_length: 77, vocab_size: 49_408, width: textWidth, heads, layers: textLayers, mlp_ratio: 4 },
  };
}
