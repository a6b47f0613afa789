import type { ShardSamples } from '#encoder/shard-samples.js';
import { pairHashBytes } from '#data/dataset/pair-hash.js';
import type { Device } from '#engine/device.js';
import { float32, int32 } from '#engine/tensor-spec.js';
import type { ContrastiveResult } from '#model/loss/contrastive-result.js';
import { modelTensors, parameterSpecs } from '#model/parameters/parameters.js';
import type { NamedValues } from '#model/parameters/named-values.js';
import { defaultLoss } from '#protocol/run/loss-config.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { openOneProcessStep } from '../../apps/coordinator/src/training/one-process-step.js';
import { trainingState } from '../../apps/coordinator/src/training/state/training-state.js';

export interface Pairs {
  /** Normalised pixels, [N, H, W, 3]. */
  readonly images: Float32Array;
  /** Token ids, [N, L]. */
  readonly tokens: Int32Array;
}

export interface StepGradients {
  /** The embeddings, [N, d] each, with unit rows. */
  readonly images: Float32Array;
  readonly texts: Float32Array;
  readonly contrast: ContrastiveResult;
  /** The gradients of the mean loss over the N pairs, by parameter, including those of the loss itself. */
  readonly gradients: Record<string, Float32Array>;
}

export interface StepOfPairs {
  gradients(parameters: NamedValues, pairs: Pairs): Promise<StepGradients>;
  close(): Promise<void>;
}

/**
 * The training step of coordinator and workers, taken in this process, on pairs that the test gives. All N pairs are
 * one micro-batch.
 */
export async function openStepOfPairs(device: Device, model: ClipConfig, batch: number): Promise<StepOfPairs> {
  let pairs: Pairs;
  let gradients: Record<string, Float32Array> = {};
  const optimizer = { kind: 'adamw', learningRate: 0, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0 } as const;
  const step = await openOneProcessStep({
    device,
    config: {
      ...{
        model,
        batch,
        shards: 1,
        shardSize: undefined,
        precision: 'float32',
        train: undefined,
        loss: defaultLoss(model),
        optimizer,
        steps: 1,
      },
      schedule: { kind: 'constant', warmupSteps: 0 },
    },
    load: async () => samplesOf(pairs, model, batch),
    journal: async (_step, gradient) => void (gradients = float32Values(gradient.slice())),
    nowMs: () => performance.now(),
  });
  const trained = new Set(parameterSpecs(model).map(({ name }) => name));
  return {
    async gradients(parameters, given) {
      pairs = given;
      // Running statistics may be missing: they do not matter to a step, whose batch norms use the batch.
      const names = modelTensors(model).filter(({ name }) => parameters[name]);
      const values = Object.fromEntries(names.map(({ name }) => [name, parameters[name]!]));
      const { contrast, embeddings } = await step.take(
        trainingState({ specs: modelTensors(model), trainable: parameterSpecs(model) }, 0, { parameters: values }),
      );
      return {
        ...embeddings,
        contrast,
        gradients: Object.fromEntries(Object.entries(gradients).filter(([name]) => trained.has(name))),
      };
    },
    close: () => step.close(),
  };
}

function samplesOf(
  { images, tokens }: Pairs,
  { vision_cfg: vision, text_cfg: text }: ClipConfig,
  batch: number,
): ShardSamples {
  const hashes = new Uint8Array(batch * pairHashBytes);
  return {
    pairs: batch,
    micro: [
      {
        image: float32(images, [batch, vision.image_size, vision.image_size, 3]),
        text: int32(tokens, [batch, text.context_length]),
      },
    ],
    keys: { captionKeys: hashes, imageKeys: hashes },
    skipped: [],
    longCaptions: 0,
  };
}
