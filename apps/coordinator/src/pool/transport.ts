import type { CoordinatorRecord, WorkerRecord } from '#protocol/pool/presence.js';
import type { Answer } from '#protocol/pool/task.js';
import type { OutstandingTask, TaskLocation } from './pool-state.js';

/**
 * Carries tasks to workers and their answers back. It may lose, repeat and reorder messages: the pool only relies on a
 * message arriving in the end if it is sent often enough.
 */
export interface Transport {
  send(tasks: readonly OutstandingTask[]): Promise<void>;
  /** The location of each task, by the name of its job. */
  locate(tasks: readonly OutstandingTask[]): Promise<ReadonlyMap<string, TaskLocation>>;
  /** Takes back the tasks that no worker has begun. */
  withdraw(tasks: readonly OutstandingTask[]): Promise<void>;
  workers(): Promise<WorkerRecord[]>;
  forgetWorker(id: string): Promise<void>;
  announce(record: CoordinatorRecord): Promise<void>;
  onAnswer(listener: (answer: Answer) => void): void;
  close(): Promise<void>;
}
