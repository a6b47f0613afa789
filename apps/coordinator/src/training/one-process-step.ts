import { openEncoders } from '#encoder/encoders.js';
import type { ShardSamples } from '#encoder/shard-samples.js';
import type { Device } from '#engine/device.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { openOptimizer } from './optimizer/optimizer.js';
import { openOneProcessPool } from './shards/one-process-pool.js';
import type { TrainingState } from './state/training-state.js';
import { startStepClock } from './step-clock.js';
import type { CompletedStep, StepParts } from './step-parts.js';
import { trainingStep } from './training-step.js';

export interface OneProcessStepOptions {
  readonly device: Device;
  readonly config: OneProcessConfig;
  /** Loads the pairs of a shard, cut into micro-batches. */
  load(step: number, shard: number): Promise<ShardSamples>;
  /** Optimizer threads; 1 if left out. */
  readonly threads?: number;
  /** Receives each step's gradient before the update. If left out, the gradient is not kept. */
  readonly journal?: StepParts['journal'];
  readonly nowMs: () => number;
}

export type OneProcessConfig = Pick<
  RunConfig,
  'batch' | 'shards' | 'shardSize' | 'model' | 'precision' | 'train' | 'loss' | 'optimizer' | 'schedule' | 'steps'
>;

/**
 * The training step with all its parts in this process. Its numbers are what every pool of workers must give, and its
 * speed is what a pool is compared with.
 */
export interface OneProcessStep {
  /**
   * Takes one step. Between the passes `stash` keeps the activations of every micro-batch; `recompute` keeps none and
   * repeats the forward pass.
   */
  take(state: TrainingState, between?: 'stash' | 'recompute'): Promise<CompletedStep>;
  close(): Promise<void>;
}

export async function openOneProcessStep(options: OneProcessStepOptions): Promise<OneProcessStep> {
  const { device, config, load, threads = 1, journal = async () => undefined, nowMs } = options;
  const encoders = await openEncoders(device, config);
  const loss = await openContrastiveLoss(device, {
    batch: config.batch,
    width: config.model.embed_dim,
    loss: config.loss,
  });
  const optimizer = openOptimizer({ config, threads });
  const pools = {
    stash: openOneProcessPool({ config, encoders, load, between: 'stash' }),
    recompute: openOneProcessPool({ config, encoders, load, between: 'recompute' }),
  };
  return {
    take: (state, between = 'stash') =>
      trainingStep(state, { config, pool: pools[between], loss, optimizer, journal, clock: startStepClock(nowMs) }),
    async close() {
      await optimizer.close();
      await loss.dispose();
      await encoders.close();
    },
  };
}
