import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';

const tinyModel = {
  embed_dim: 16,
  vision_cfg: { image_size: 16, patch_size: 8, width: 32, layers: 2, head_width: 16 },
  text_cfg: { context_length: 8, vocab_size: 540, width: 32, heads: 2, layers: 2 },
};

/** The tiny model with a bias of its logits, so that it is trained with the sigmoid loss. */
export const tinySigLip = { ...tinyModel, init_logit_scale: Math.log(5), init_logit_bias: -4 };

/** A ResNet of one bottleneck a stage, for images of 32 px. */
export const tinyResNet: RunConfigInput['model'] = {
  embed_dim: 16,
  vision_cfg: { image_size: 32, width: 8, layers: [1, 1, 1, 1], head_width: 32 },
  text_cfg: { context_length: 8, vocab_size: 540, width: 32, heads: 2, layers: 2 },
};

/** A run small enough to be done in plain tfjs beside it: N = 10 pairs, 16 px images, two blocks a tower. */
export function tinyRun(data: string, changes: Partial<RunConfigInput> = {}): RunConfig {
  const document: RunConfigInput = {
    name: 'tiny',
    seed: 3,
    model: tinyModel,
    tokenizer: { kind: 'bpe', vocabulary: 540 },
    data: { train: data, augmentation: { scale: [0.6, 1], rotateDegrees: 10 } },
    batch: 10,
    shards: 2,
    steps: 5,
    // Not 1e-6: Adam divides by the size of each gradient, so where a true gradient is zero (the keys' bias, which
    // softmax does not see) it would make a full step of rounding noise, and no two programs agree on noise.
    optimizer: { learningRate: 1e-3, epsilon: 5e-2 },
    schedule: { warmupSteps: 2 },
    ...changes,
  };
  return parseRunConfig(document);
}
