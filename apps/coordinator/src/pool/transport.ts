import type { CoordinatorRecord, WorkerRecord } from '#protocol/pool/presence.js';
import type { Answer } from '#protocol/pool/task.js';
import type { OutstandingTask, TaskLocation } from './pool-state.js';

/**
 * What carries tasks to workers and answers back. It may lose, repeat and reorder: the pool counts on nothing but that
 * what is sent often enough arrives.
 */
export interface Transport {
  send(tasks: readonly OutstandingTask[]): Promise<void>;
  /** Where each of the tasks is, by its id. */
  locate(tasks: readonly OutstandingTask[]): Promise<ReadonlyMap<string, TaskLocation>>;
  /** Take back what no worker has begun. */
  withdraw(tasks: readonly OutstandingTask[]): Promise<void>;
  workers(): Promise<WorkerRecord[]>;
  forgetWorker(id: string): Promise<void>;
  announce(record: CoordinatorRecord): Promise<void>;
  onAnswer(listener: (answer: Answer) => void): void;
  close(): Promise<void>;
}
