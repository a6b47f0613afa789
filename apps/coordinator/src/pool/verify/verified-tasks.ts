import { seededRandom } from '#model/parameters/seeded-random.js';
import type { Task } from '#protocol/pool/task.js';

export interface Verification {
  /** The run's. */
  readonly seed: number;
  /** The share of the tasks that two workers do. */
  readonly share: number;
}

/** Is a task done by two workers, whose results are compared? A pure function of the seed, the step and the task. */
export function isVerified(task: Task, { seed, share }: Verification): boolean {
  const { step, kind, shard, shards } = task;
  return share > 0 && seededRandom(seed, `verify ${step} ${kind} ${shard} ${shards}`).uniform() < share;
}
