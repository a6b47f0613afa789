import { availableParallelism } from 'node:os';
import { pairHashBytes } from '#data/dataset/pair-hash.js';
import { madeUpParameters, madeUpSamples } from '#encoder/made-up-values.js';
import type { ShardSamples } from '#encoder/shard-samples.js';
import type { Device } from '#engine/device.js';
import type { Precision } from '#engine/tensor-spec.js';
import { trainingFlops } from '#model/flops/flops.js';
import { initialLogitScale } from '#model/loss/logit-scale.js';
import { parameterSpecs } from '#model/parameters/parameters.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { defaultLoss } from '#protocol/run/loss-config.js';
import { openOneProcessStep } from '../../apps/coordinator/src/training/one-process-step.js';
import { trainingState } from '../../apps/coordinator/src/training/state/training-state.js';

/** A training step in one process, on made-up parameters and pairs. A learning rate of 0 keeps the parameters as is. */
export interface MeasuredStep {
  /** Operations of a step by the formula, in 10⁹. Activations that are computed twice count once. */
  readonly gigaflops: number;
  /** Take a step that keeps its activations between the passes (`stash`) or computes them again (`recompute`). */
  take(between: 'stash' | 'recompute'): Promise<void>;
}

export interface StepShape {
  readonly model: ClipConfig;
  /** N, pairs in the batch. */
  readonly batch: number;
  /** b, pairs in a micro-batch; divides N. */
  readonly microBatch: number;
  readonly precision?: Precision;
}

export async function openMeasuredStep(
  device: Device,
  { model, batch, microBatch, precision = 'float32' }: StepShape,
): Promise<MeasuredStep> {
  const optimizer = { kind: 'adamw', learningRate: 0, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0 } as const;
  const config = {
    ...{
      model,
      batch,
      shards: 1,
      shardSize: undefined,
      precision,
      train: undefined,
      loss: defaultLoss(model),
      optimizer,
      steps: 1000,
    },
    schedule: { kind: 'constant', warmupSteps: 0 },
  } as const;
  const samples = madeUpShard(model, batch, microBatch);
  const step = await openOneProcessStep({
    device,
    config,
    load: async () => samples,
    threads: availableParallelism(),
    nowMs: () => performance.now(),
  });
  const parameters = {
    ...madeUpParameters(model, 'image'),
    ...madeUpParameters(model, 'text'),
    logit_scale: Float32Array.of(initialLogitScale),
  };
  let state = trainingState({ specs: parameterSpecs(model) }, 0, { parameters });
  return {
    gigaflops: (batch * trainingFlops(model)) / 1e9,
    async take(between) {
      ({ state } = await step.take({ ...state, step: 0 }, between));
    },
  };
}

/** A shard that repeats one micro-batch. */
function madeUpShard(model: ClipConfig, batch: number, microBatch: number): ShardSamples {
  const micro = { image: madeUpSamples(model, 'image', microBatch), text: madeUpSamples(model, 'text', microBatch) };
  const hashes = new Uint8Array(batch * pairHashBytes);
  return {
    pairs: batch,
    micro: Array.from({ length: batch / microBatch }, () => micro),
    keys: { captionKeys: hashes, imageKeys: hashes },
    skipped: [],
    longCaptions: 0,
  };
}
