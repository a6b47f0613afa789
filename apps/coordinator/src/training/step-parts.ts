import type { ContrastiveLoss, ContrastiveResult, Embeddings } from '#model/loss/contrastive-result.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { Optimizer } from './optimizer/optimizer.js';
import type { ShardPool } from './shards/shard-pool.js';
import type { TrainingState } from './state/training-state.js';
import type { StepClock, StepTimes } from './step-clock.js';

/** What a training step is made of. */
export interface StepParts {
  readonly config: Pick<RunConfig, 'batch' | 'optimizer' | 'schedule' | 'steps'>;
  /** Does the forward and backward pass of all shards, on workers or in this process. */
  readonly pool: ShardPool;
  readonly loss: ContrastiveLoss;
  readonly optimizer: Optimizer;
  /** Writes the step's gradient to the journal; resolves when it is on disk. */
  readonly journal: (step: number, gradient: Uint8Array) => Promise<void>;
  readonly clock: StepClock;
}

export interface UpdatedState {
  readonly state: TrainingState;
  readonly learningRate: number;
}

export interface CompletedStep extends UpdatedState {
  readonly embeddings: Embeddings;
  readonly contrast: ContrastiveResult;
  /** Global norm of the gradient, before clipping. */
  readonly gradientNorm: number;
  readonly times: StepTimes;
}
