import type { RunConfigInput } from '#protocol/run/run-config.js';

/** What a variant changes of the demo's recipe. `model` is merged tower by tower. */
export type Variant = Omit<Partial<RunConfigInput>, 'model' | 'data'> & {
  readonly data?: Partial<RunConfigInput['data']>;
  readonly model?: {
    readonly embed_dim?: number;
    readonly init_logit_scale?: number;
    readonly vision_cfg?: Readonly<Record<string, number>>;
    readonly text_cfg?: Readonly<Record<string, number>>;
  };
};

/** One change each, so that the table says what it does. */
export const variants: Readonly<Record<string, Variant>> = {
  base: {},
  'lr 2e-3': { optimizer: { learningRate: 2e-3 } },
  'lr 5e-3': { optimizer: { learningRate: 5e-3 } },
  'beta2 0.98': { optimizer: { beta2: 0.98 } },
  'weight decay 0.3': { optimizer: { weightDecay: 0.3 } },
  'lr 4e-3': { optimizer: { learningRate: 4e-3 } },
  'batch 128': { batch: 128, shards: 2 },
  'batch 256': { batch: 256, shards: 4 },
  'batch 256, lr 2e-3': { batch: 256, shards: 4, optimizer: { learningRate: 2e-3 } },
  'batch 1024': { batch: 1024, shards: 16 },
  'shards 4': { shards: 4 },
  'width 96': { model: { vision_cfg: { width: 96 }, text_cfg: { width: 96, heads: 3 } } },
  'width 192': { model: { vision_cfg: { width: 192 }, text_cfg: { width: 192, heads: 6 } } },
  'image width 192': { model: { vision_cfg: { width: 192 } } },
  'image layers 1': { model: { vision_cfg: { layers: 1 } } },
  'image layers 3': { model: { vision_cfg: { layers: 3 } } },
  'image layers 4': { model: { vision_cfg: { layers: 4 } } },
  'text layers 2': { model: { text_cfg: { layers: 2 } } },
  '24 px': { model: { vision_cfg: { image_size: 24 } } },
  '40 px': { model: { vision_cfg: { image_size: 40 } } },
  'patch 4': { model: { vision_cfg: { patch_size: 4 } } },
  'patch 16': { model: { vision_cfg: { patch_size: 16 } } },
  'patch 16, image width 256': { model: { vision_cfg: { patch_size: 16, width: 256, head_width: 64 } } },
  'image heads of 64': { model: { vision_cfg: { head_width: 64 } } },
  'context 8': { model: { text_cfg: { context_length: 8 } } },
  'embedding 128': { model: { embed_dim: 128 } },
  'embedding 512': { model: { embed_dim: 512 } },
  'logit scale 20': { model: { init_logit_scale: Math.log(20) } },
  'label smoothing 0.1': { loss: { kind: 'softmax', labelSmoothing: 0.1 } },
  'no augmentation': { data: { augmentation: { scale: [1, 1], ratio: [1, 1], colorJitter: 0, grayscale: 0 } } },
  'grey 0.3': { data: { augmentation: { grayscale: 0.3 } } },
  'crops from 0.5': { data: { augmentation: { scale: [0.5, 1] } } },
};
