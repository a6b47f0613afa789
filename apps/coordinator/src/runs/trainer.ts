import type { Logger } from 'pino';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import type { Store } from '#store/store.js';
import type { CoordinatorConfig } from '../config.js';
import type { RunEvent } from '../training/run-event.js';

export interface TrainOptions {
  readonly id: string;
  readonly config: RunConfig;
  /** The run's store. The caller closes it. */
  readonly store: Store;
  /** Ends the run early when it is aborted: `train` then stops as soon as it can, and rejects. */
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** Trains runs on a pool of workers, one run at a time. */
export interface Trainer {
  /** Resolves when the run is complete and its last checkpoint is written. Rejects with a TandemError otherwise. */
  train(options: TrainOptions): Promise<void>;
  workers(): readonly WorkerStatus[];
  /** How many tasks of the current phase are not answered yet. */
  outstandingTasks(): number;
  close(): Promise<void>;
}

/** Opens a trainer. Rejects with TRANSPORT_FAILED if Redis does not answer. */
export type OpenTrainer = (config: CoordinatorConfig, log: Logger) => Promise<Trainer>;
