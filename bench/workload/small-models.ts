import type { ClipConfig, RunConfigInput } from '#protocol/run/run-config.js';

/** A model one could train from scratch on a few cores: width 256, 6 layers, 64 px in patches of 8, 32 tokens. */
export const smallModel: ClipConfig = {
  embed_dim: 256,
  quick_gelu: false,
  vision_cfg: { image_size: 64, patch_size: 8, width: 256, layers: 6, head_width: 64, mlp_ratio: 4 },
  text_cfg: { context_length: 32, vocab_size: 8192, width: 256, heads: 4, layers: 6, mlp_ratio: 4 },
};

/** A tiny model, a layer more in each tower than the demo's: width 128, 3 image and 2 text layers, 32 px, 12 tokens. */
export const tinyModel: ClipConfig = {
  embed_dim: 256,
  quick_gelu: true,
  vision_cfg: { image_size: 32, patch_size: 8, width: 128, layers: 3, head_width: 32, mlp_ratio: 4 },
  text_cfg: { context_length: 12, vocab_size: 2048, width: 128, heads: 4, layers: 2, mlp_ratio: 4 },
};

/** A model as small as can be: what its steps take is the way of tasks and answers. */
export const microModel: RunConfigInput['model'] = {
  embed_dim: 16,
  vision_cfg: { image_size: 16, patch_size: 8, width: 32, layers: 1, head_width: 16 },
  text_cfg: { context_length: 8, vocab_size: 540, width: 32, heads: 2, layers: 1 },
};

/** A run of such a model on a data set, in shards of 64 pairs. */
export function runOf(
  model: ClipConfig,
  { data, batch, steps }: { readonly data: string; readonly batch: number; readonly steps: number },
): RunConfigInput {
  return {
    name: 'bench',
    model,
    tokenizer: { kind: 'bpe', vocabulary: model.text_cfg.vocab_size },
    data: { train: data },
    batch,
    shardSize: 64,
    steps,
  };
}
