import { z } from 'zod';
import { protocolVersion } from './task.js';

/*
 * Who is there: small JSON records in Redis, written again and again by their owners. Nothing of a run depends on them
 * but who gets which shard.
 */

/** Names of workers are part of names of queues. */
export const workerIdSchema = z.string().regex(/^[A-Za-z0-9._-]+$/, 'expected letters, digits, ., _ and -');

/** What a worker says of itself, at least every `heartbeatMs`. */
export const workerRecordSchema = z.strictObject({
  id: workerIdSchema,
  protocol: z.int(),
  code: z.string(),
  host: z.string(),
  pid: z.int(),
  device: z.string(),
  threads: z.int(),
  task: z.string().nullable(),
  tasksDone: z.int(),
  startedAt: z.string(),
  /** Counts up with every record: a reader's clock, not the worker's, tells how old it is. */
  beat: z.int(),
});
export type WorkerRecord = z.infer<typeof workerRecordSchema>;

/** What the coordinator says of itself; workers of another version do not join. */
export const coordinatorRecordSchema = z.strictObject({ protocol: z.int(), code: z.string(), startedAt: z.string() });
export type CoordinatorRecord = z.infer<typeof coordinatorRecordSchema>;

export const heartbeatMs = 1000;
/** Age at which Redis drops the coordinator's record. */
export const coordinatorRecordMs = 10_000;

/** Why two processes do not fit together, or undefined where they do. */
export function versionMismatch(
  own: { readonly code: string },
  other: { readonly protocol: number; readonly code: string },
): string | undefined {
  if (other.protocol !== protocolVersion) return `protocol version ${other.protocol}, expected ${protocolVersion}`;
  if (other.code !== own.code) return `code version ${other.code}, expected ${own.code}`;
  return undefined;
}

/** Redis keys and queue names; none may hold a `:`, which BullMQ keeps for itself. */
export const names = {
  workers: (prefix: string): string => `${prefix}-workers`,
  coordinator: (prefix: string): string => `${prefix}-coordinator`,
  /** Tasks any worker may take. */
  tasks: 'tasks',
  /** Tasks for the one worker that still holds the stash of the shard. */
  tasksOf: (worker: string): string => `tasks-${worker}`,
  answers: 'answers',
} as const;
