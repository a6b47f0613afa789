import { parseRunConfig, type RunConfig, type RunConfigInput } from '#protocol/run/run-config.js';

const tinyModel = {
  embed_dim: 16,
  vision_cfg: { image_size: 16, patch_size: 8, width: 32, layers: 2, head_width: 16 },
  text_cfg: { context_length: 8, vocab_size: 540, width: 32, heads: 2, layers: 2 },
};

/** The tiny model with a logit bias, so that it can be trained with the sigmoid loss. */
export const tinySigLip = { ...tinyModel, init_logit_scale: Math.log(5), init_logit_bias: -4 };

/** A model whose image tower is a ResNet with one bottleneck per stage, for images of 32 px. */
export const tinyResNet: RunConfigInput['model'] = {
  embed_dim: 16,
  vision_cfg: { image_size: 32, width: 8, layers: [1, 1, 1, 1], head_width: 32 },
  text_cfg: { context_length: 8, vocab_size: 540, width: 32, heads: 2, layers: 2 },
};

/** A run that is small enough for plain tfjs: N = 10 pairs, 16 px images, two blocks per tower. */
export function tinyRun(data: string, changes: Partial<RunConfigInput> = {}): RunConfig {
  return parseRunConfig(tinyDocument(data, changes));
}

/** The document of that run, as people submit it. */
export function tinyDocument(data: string, changes: Partial<RunConfigInput> = {}): RunConfigInput {
  return {
    name: 'tiny',
    seed: 3,
    model: tinyModel,
    tokenizer: { kind: 'bpe', vocabulary: 540 },
    data: { train: data, augmentation: { scale: [0.6, 1], rotateDegrees: 10 } },
    batch: 10,
    shards: 2,
    steps: 5,
    // Not 1e-6: Adam divides each gradient by its own size. Where the true gradient is zero, as for the bias of the
    // keys, it would make full steps out of rounding errors, which differ between implementations.
    optimizer: { learningRate: 1e-3, epsilon: 5e-2 },
    schedule: { warmupSteps: 2 },
    ...changes,
  };
}
