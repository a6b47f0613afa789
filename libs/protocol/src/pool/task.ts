import { z } from 'zod';
import { ErrorCode, type WireError } from '../tandem-error.js';

/** Version of the messages below; two processes that name different ones do not talk. */
export const protocolVersion = 1;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** What every task says: which shard of which step of which run, under which parameters. */
const taskBase = {
  protocol: z.literal(protocolVersion),
  code: z.string(),
  run: z.string(),
  step: z.int().min(0),
  shard: z.int().min(0),
  /** Where the run's blobs are. */
  store: z.string(),
  /** sha256 of the run's resolved document at `runs/<run>/run.json`. */
  configHash: hash,
  /** Key of the step's parameters and their content hash (invariant W1). */
  parametersKey: z.string(),
  parametersHash: hash,
};

export const encodeTaskSchema = z.strictObject({ kind: z.literal('encode'), ...taskBase });
export const backpropTaskSchema = z.strictObject({
  kind: z.literal('backprop'),
  ...taskBase,
  /** Blob with `image` and `text`: dI and dT of this shard's rows, [n, d] each. */
  gradientsKey: z.string(),
  /** What the worker will most likely be asked to encode next: it may load the samples ahead. */
  next: z.strictObject({ step: z.int().min(0), shard: z.int().min(0) }).optional(),
});
export const taskSchema = z.discriminatedUnion('kind', [encodeTaskSchema, backpropTaskSchema]);
export type EncodeTask = z.infer<typeof encodeTaskSchema>;
export type BackpropTask = z.infer<typeof backpropTaskSchema>;
export type Task = z.infer<typeof taskSchema>;

/** Sample that could not be used and was replaced (see batch-plan in libs/data). */
export const skippedSampleSchema = z.strictObject({ key: z.string(), reason: z.string() });

const answerBase = {
  worker: z.string(),
  taskId: z.string(),
  shard: z.int().min(0),
  parametersHash: hash,
  /**
   * Blob with the result: `image` and `text` [n, d] for encode, `captionKeys` and `imageKeys` [n, 16] where the loss
   * asks for them; one tensor a parameter for backprop.
   */
  resultKey: z.string(),
  /** Where the time went; `loadMs` is what was waited for samples, not what was loaded ahead meanwhile. */
  loadMs: z.number(),
  computeMs: z.number(),
  storeMs: z.number(),
};
export const encodeAnswerSchema = z.strictObject({
  kind: z.literal('encode'),
  ...answerBase,
  pairs: z.int().min(1),
  skipped: z.array(skippedSampleSchema),
});
export const backpropAnswerSchema = z.strictObject({
  kind: z.literal('backprop'),
  ...answerBase,
  recomputed: z.boolean(),
});
const wireErrorSchema = z.strictObject({
  code: z.enum(ErrorCode),
  message: z.string(),
  help: z.string(),
  retryable: z.boolean(),
  context: z.record(z.string(), z.union([z.string(), z.number()])),
}) satisfies z.ZodType<WireError>;

/** The shard could not be done; `retryable` decides whether it is tried again. */
export const failedAnswerSchema = z.strictObject({
  kind: z.literal('failed'),
  worker: z.string(),
  taskId: z.string(),
  error: wireErrorSchema,
});
export const answerSchema = z.discriminatedUnion('kind', [
  encodeAnswerSchema,
  backpropAnswerSchema,
  failedAnswerSchema,
]);
export type EncodeAnswer = z.infer<typeof encodeAnswerSchema>;
export type BackpropAnswer = z.infer<typeof backpropAnswerSchema>;
export type FailedAnswer = z.infer<typeof failedAnswerSchema>;
/** What came of a task that was done. */
export type ShardAnswer = EncodeAnswer | BackpropAnswer;
export type Answer = z.infer<typeof answerSchema>;

/** The task's name, also its BullMQ job id (invariant W2): the same work always has the same name. */
export function taskId(task: Pick<Task, 'run' | 'step' | 'kind' | 'shard'>): string {
  return `${task.run}.${task.step}.${task.kind}.${task.shard}`;
}

/** What carrying out a task finds out; the rest of its answer is the same for all kinds. */
export type TaskResult<A extends ShardAnswer> = A extends ShardAnswer
  ? Omit<A, 'worker' | 'taskId' | 'shard' | 'parametersHash' | 'loadMs' | 'computeMs' | 'storeMs'>
  : never;
