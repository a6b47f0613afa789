import type { Logger } from 'pino';
import type { RunDocument } from '#protocol/document/run-document.js';
import type { StepsChange } from '#protocol/run/amendment.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import type { Store } from '#store/store.js';
import type { CoordinatorConfig } from '../config.js';
import type { Membership } from '../pool/membership.js';
import type { UnreadableCounts } from '../pool/unreadable-messages.js';
import type { RunEvent } from '../training/run-event.js';

export interface TrainOptions {
  readonly id: string;
  readonly config: RunDocument;
  /** The run's store. The caller closes it. */
  readonly store: Store;
  /** The numbers of steps that the run was given when it was resumed. */
  readonly stepsChanges: readonly StepsChange[];
  /** The evaluations that are done already. */
  readonly evaluations: readonly EvaluationResult[];
  /** The coordinator's fencing token: it grows with each leader. */
  readonly epoch: number;
  /** Throws CONFLICT if another coordinator has taken over the run; it may then write nothing more. */
  checkOwner(): Promise<void>;
  /** Ends the run after the step in progress when it is aborted: `train` then writes a checkpoint and resolves. */
  readonly stopping: AbortSignal;
  /** Ends the run now when it is aborted: `train` then stops as soon as it can, and rejects. */
  readonly signal: AbortSignal;
  /** The priority of the run, which may change while it trains. */
  priority(): number;
  onEvent(event: RunEvent): void;
}

export type TrainingEnd = 'complete' | 'stopped';

/** Has runs done by a pool of workers, which they share. */
export interface Trainer {
  /**
   * Resolves when the run is complete and its last checkpoint is written, or when it has stopped as `stopping` asked.
   * Rejects with a TandemError otherwise.
   */
  train(options: TrainOptions): Promise<TrainingEnd>;
  workers(): readonly WorkerStatus[];
  /** How many workers have come and gone. */
  membership(): Membership;
  /** How many tasks are not answered yet. */
  outstandingTasks(): number;
  /** How many messages of the pool could not be read. */
  unreadableMessages(): UnreadableCounts;
  close(): Promise<void>;
}

/** All of a trainer that a coordinator needs not lead for. One that stands by has it ready. */
export interface ReadyTrainer {
  /** Opens the pool. Rejects with TRANSPORT_FAILED if Redis does not answer. */
  start(): Promise<Trainer>;
  /** Also closes what a trainer still uses that it has started. */
  close(): Promise<void>;
}

export type OpenTrainer = (config: CoordinatorConfig, log: Logger) => Promise<ReadyTrainer>;
