import type { ContrastiveLoss, ContrastiveResult, Embeddings } from '#model/loss/contrastive-result.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { Optimizer } from './optimizer/optimizer.js';
import type { ShardPool } from './shards/shard-pool.js';
import type { TrainingState } from './state/training-state.js';
import type { StepClock, StepTimes } from './step-clock.js';

/** What a training step is made of. */
export interface StepParts {
  readonly config: Pick<RunConfig, 'batch' | 'optimizer' | 'schedule' | 'steps'>;
  /** Encodes and differentiates the shards: workers do, or this process. */
  readonly pool: ShardPool;
  readonly loss: ContrastiveLoss;
  readonly optimizer: Optimizer;
  /** Resolves when the gradient is on disk. */
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
  /** Global norm of the gradient before it was clipped. */
  readonly gradientNorm: number;
  readonly times: StepTimes;
}
