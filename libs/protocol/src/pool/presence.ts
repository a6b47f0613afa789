import { z } from 'zod';
import { protocolVersion } from './task.js';

/*
 * Workers and the coordinator announce themselves in Redis with small JSON records that they rewrite regularly. A run
 * depends on them only for which worker gets which shard.
 */

/** Worker ids become part of the names of queues and blobs, hence the restricted characters and length. */
export const workerIdSchema = z
  .string()
  .max(200)
  .regex(/^[A-Za-z0-9._-]+$/, 'expected letters, digits, ., _ and -');

/** The record of a worker, rewritten at least every `heartbeatMs`. */
export const workerRecordSchema = z.strictObject({
  id: workerIdSchema,
  protocol: z.int(),
  code: z.string(),
  host: z.string(),
  pid: z.int(),
  device: z.string(),
  threads: z.int(),
  /**
   * What decides the bits of its results besides code and task: kind of device, processor, driver. Two workers of which
   * it is the same must give the same bits.
   */
  arithmetic: z.string(),
  /** All memory where it keeps parameters, gradients and stashes; null if that is not known, as of some GPUs. */
  memoryBytes: z.int().min(0).nullable(),
  task: z.string().nullable(),
  /** Why it takes no tasks yet, in words; null once it does. */
  trouble: z.string().nullable(),
  tasksDone: z.int(),
  startedAt: z.string(),
  /**
   * Increases with every record. The reader measures the age of a record by its own clock: it notes when this number
   * last changed.
   */
  beat: z.int(),
});
export type WorkerRecord = z.infer<typeof workerRecordSchema>;

/** The record of the coordinator. A worker of another version reads it and does not join. */
export const coordinatorRecordSchema = z.strictObject({
  protocol: z.int(),
  code: z.string(),
  startedAt: z.string(),
  /** A blob in the coordinator's store. A worker that cannot read it there does not join. */
  proof: z.strictObject({ store: z.string(), key: z.string(), sha256: z.string() }),
});
export type CoordinatorRecord = z.infer<typeof coordinatorRecordSchema>;

export const heartbeatMs = 250;
/** Pause before a command that Redis has refused is tried again. BullMQ's own is 15 s. */
export const retryMs = 250;
/** Redis drops the coordinator's record when it has not been rewritten for this long. */
export const coordinatorRecordMs = 10_000;

/** Says how two processes differ in version, or returns undefined where they can work together. */
export function versionMismatch(
  own: { readonly code: string },
  other: { readonly protocol: number; readonly code: string },
): string | undefined {
  if (other.protocol !== protocolVersion) return `protocol version ${other.protocol}, expected ${protocolVersion}`;
  if (other.code !== own.code) return `code version ${other.code}, expected ${own.code}`;
  return undefined;
}

/** Where the coordinator's proof is in its store, and the blobs that workers write to try it. */
export const proofKey = 'pool/proof';
export const trialKey = (worker: string): string => `pool/workers/${worker}`;

/** Redis keys and queue names. Every key starts with the prefix and a `:`, as those of BullMQ do. */
export const names = {
  workers: (prefix: string): string => `${prefix}:workers`,
  coordinator: (prefix: string): string => `${prefix}:coordinator`,
  /** The lease of the coordinator that alone uses the queues. */
  leader: (prefix: string): string => `${prefix}:leader`,
  /** Queue of tasks that any worker may take. */
  tasks: 'tasks',
  /** Queue of one worker: backprop tasks for shards whose activations it still holds in its stash. */
  tasksOf: (worker: string): string => `tasks-${worker}`,
  answers: 'answers',
} as const;
