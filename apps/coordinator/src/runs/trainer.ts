import type { Logger } from 'pino';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import type { Store } from '#store/store.js';
import type { CoordinatorConfig } from '../config.js';
import type { RunEvent } from '../training/run-event.js';

export interface TrainOptions {
  readonly id: string;
  readonly config: RunConfig;
  /** The run's own store; its owner closes it. */
  readonly store: Store;
  /** Aborted to end the run early: `train` then stops after what it is doing and rejects. */
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
}

/** What trains runs on a pool of workers, one run at a time. */
export interface Trainer {
  /** Resolves when the run is complete, its last checkpoint written; rejects with a TandemError where it is not. */
  train(options: TrainOptions): Promise<void>;
  workers(): readonly WorkerStatus[];
  /** Tasks given out and not answered yet. */
  outstandingTasks(): number;
  close(): Promise<void>;
}

/** Throws TRANSPORT_FAILED where Redis does not answer. */
export type OpenTrainer = (config: CoordinatorConfig, log: Logger) => Promise<Trainer>;
