import { z } from 'zod';
import { ErrorCode, type WireError } from '../tandem-error.js';

/** Version of the messages below. Processes that speak different versions refuse each other. */
export const protocolVersion = 1;

/**
 * The most shards of one task. The larger, the fewer tasks and sums are sent; but a death costs all shards of a task,
 * and a worker holds log2 of as many sums.
 */
export const shardsPerTaskMax = 16;

const hash = z.string().regex(/^[0-9a-f]{64}$/);

/** Neighbouring shards: `shards` of them from `shard` on. */
const span = {
  shard: z.int().min(0),
  shards: z.int().min(1).max(shardsPerTaskMax),
};

/** The fields of every task: which shards of which step of which run. */
const taskBase = {
  protocol: z.literal(protocolVersion),
  code: z.string(),
  /** Part of the keys of its blobs: one name, which leads nowhere else. */
  run: z.string().regex(/^(?!\.)[A-Za-z0-9._=-]{1,250}$/, 'expected the id of a run'),
  /** The fencing token of the coordinator that gives the task, which is in the keys of the step's blobs. */
  epoch: z.int().min(0),
  step: z.int().min(0),
  ...span,
  /** URL of the store with the run's blobs. */
  store: z.string(),
  /** sha256 of the run's resolved document at `runs/<run>/run.json`. */
  configHash: hash,
};

/** The fields of every task that computes with a model. */
const modelTaskBase = {
  ...taskBase,
  /** Store key of the parameters of this step, and their content hash (invariant W1). */
  parametersKey: z.string(),
  parametersHash: hash,
};

const encodeTaskSchema = z.strictObject({ kind: z.literal('encode'), ...modelTaskBase });
/** A blob with rows of the batch: `image` and `text`, [n, d] each, n pairs of neighbouring shards, in their order. */
const rowsBlobSchema = z.strictObject({ ...span, shards: z.int().min(1), key: z.string(), hash });
/** Backprop of the shards below one node of the reduction tree. The worker sends their sum. */
const backpropTaskSchema = z.strictObject({
  kind: z.literal('backprop'),
  ...modelTaskBase,
  /** dI and dT, of these shards at least. */
  gradients: rowsBlobSchema,
  /** The embeddings that the shards were encoded to, with which those that are computed again must agree. */
  embeddings: z.array(rowsBlobSchema).min(1).max(shardsPerTaskMax),
  /** The shard this worker will most likely encode next, so that it can load the samples ahead of time. */
  next: z.strictObject({ step: z.int().min(0), shard: z.int().min(0) }).optional(),
});
/** Images of a shard in a task of features, which are those of neighbouring indices. */
export const featureShardImages = 64;
/** The features of a data set's images in evaluation: shard s has the images from s · featureShardImages on. */
const featuresTaskSchema = z.strictObject({
  kind: z.literal('features'),
  ...modelTaskBase,
  /** URL of the data set, and the hash of its shards. */
  data: z.string(),
  dataHash: hash,
});
/** The most pictures of a download in one task. A worker that dies loses those of two tasks at most. */
export const picturesPerTaskMax = 500;
/** Pictures of one tar of a download. The step is the number of the tar, the shard that of the task in it. */
const downloadTaskSchema = z.strictObject({
  kind: z.literal('download'),
  ...taskBase,
  /** The pictures of the tar, and the places of those that are wanted. */
  listKey: z.string(),
  listHash: hash,
  pictures: z.array(z.int().min(0)).min(1).max(picturesPerTaskMax),
});
/** The counts of one file of a corpus, whose number in the list is the shard. */
const countTaskSchema = z.strictObject({
  kind: z.literal('count'),
  ...taskBase,
  listKey: z.string(),
  listHash: hash,
});
export type Span = Readonly<Record<keyof typeof span, number>>;
export const taskSchema = z.discriminatedUnion('kind', [
  encodeTaskSchema,
  backpropTaskSchema,
  featuresTaskSchema,
  downloadTaskSchema,
  countTaskSchema,
]);
export type EncodeTask = z.infer<typeof encodeTaskSchema>;
export type RowsBlob = z.infer<typeof rowsBlobSchema>;
export type BackpropTask = z.infer<typeof backpropTaskSchema>;
export type FeaturesTask = z.infer<typeof featuresTaskSchema>;
export type DownloadTask = z.infer<typeof downloadTaskSchema>;
export type CountTask = z.infer<typeof countTaskSchema>;
export type Task = z.infer<typeof taskSchema>;

/** A task that computes with a model. */
export type ModelTask = Exclude<Task, DownloadTask | CountTask>;

/** A sample that could not be used and was replaced by another (see loadPairs in libs/data). */
const skippedSampleSchema = z.strictObject({ key: z.string(), reason: z.string() });

const answerBase = {
  worker: z.string(),
  taskId: z.string(),
  /** Those of the task. */
  ...span,
  /**
   * Store key of the blob with the result. For encode: `image` and `text` [n, d], n pairs of all shards of the task,
   * and `captionKeys` and `imageKeys` [n, 16] where the loss masks equal captions or images. For backprop: one gradient
   * tensor per parameter, the sum over the task's shards. For features: `features` [n, w] and `embeddings` [n, d] of
   * the images that can be read. For download: a spool of what came of each picture. For count: a
   * file of counts.
   */
  resultKey: z.string(),
  /** sha256 of that blob, taken while it was written. */
  resultHash: hash,
  /**
   * Where the time went. `loadMs` is the time spent waiting for samples; loading ahead during other work does not
   * count. Nor does reading θ, which the first task of a step does for all: no task would look slow but that one.
   */
  loadMs: z.number(),
  computeMs: z.number(),
  storeMs: z.number(),
};
const modelAnswerBase = { ...answerBase, parametersHash: hash };
const encodeAnswerSchema = z.strictObject({
  kind: z.literal('encode'),
  ...modelAnswerBase,
  pairs: z.int().min(1),
  skipped: z.array(skippedSampleSchema),
  /** Captions that were too long and replaced, where the run asks for that. */
  longCaptions: z.int().min(0).optional(),
});
/** Where a shard's own gradient holds a value that is not finite; JSON has no numbers for these. */
const nonFiniteValueSchema = z.strictObject({
  shard: z.int().min(0),
  tensor: z.string(),
  value: z.enum(['NaN', 'Infinity', '-Infinity']),
});
export type NonFiniteValue = z.infer<typeof nonFiniteValueSchema>;

const backpropAnswerSchema = z.strictObject({
  kind: z.literal('backprop'),
  ...modelAnswerBase,
  recomputed: z.boolean(),
  /** The first such value of the first shard that has one, before it went into the sum. */
  nonFinite: nonFiniteValueSchema.optional(),
});
const featuresAnswerSchema = z.strictObject({ kind: z.literal('features'), ...modelAnswerBase });
const downloadAnswerSchema = z.strictObject({
  kind: z.literal('download'),
  ...answerBase,
  listHash: hash,
  stored: z.int().min(0),
  failed: z.int().min(0),
});
const countAnswerSchema = z.strictObject({
  kind: z.literal('count'),
  ...answerBase,
  listHash: hash,
  /** What could not be read of the file, by its kind. */
  leftOut: z.array(z.strictObject({ what: z.string(), count: z.int(), examples: z.array(z.string()) })),
});
const wireErrorSchema = z.strictObject({
  code: z.enum(ErrorCode),
  message: z.string(),
  help: z.string(),
  retryable: z.boolean(),
  context: z.record(z.string(), z.union([z.string(), z.number()])),
}) satisfies z.ZodType<WireError>;

/** The shard could not be computed; `retryable` decides whether it is tried again. */
const failedAnswerSchema = z.strictObject({
  kind: z.literal('failed'),
  worker: z.string(),
  taskId: z.string(),
  error: wireErrorSchema,
});
export const answerSchema = z.discriminatedUnion('kind', [
  encodeAnswerSchema,
  backpropAnswerSchema,
  featuresAnswerSchema,
  downloadAnswerSchema,
  countAnswerSchema,
  failedAnswerSchema,
]);
export type EncodeAnswer = z.infer<typeof encodeAnswerSchema>;
export type BackpropAnswer = z.infer<typeof backpropAnswerSchema>;
export type FeaturesAnswer = z.infer<typeof featuresAnswerSchema>;
export type DownloadAnswer = z.infer<typeof downloadAnswerSchema>;
export type CountAnswer = z.infer<typeof countAnswerSchema>;
export type FailedAnswer = z.infer<typeof failedAnswerSchema>;
export type ModelAnswer = EncodeAnswer | BackpropAnswer | FeaturesAnswer;
/** The answer to a task that succeeded. */
export type ShardAnswer = ModelAnswer | DownloadAnswer | CountAnswer;
export type Answer = z.infer<typeof answerSchema>;

/** The hash of what a task is done with, which its answer repeats: the parameters, or the list. */
export function inputHash(of: Task | ShardAnswer): string {
  return of.kind === 'download' || of.kind === 'count' ? of.listHash : of.parametersHash;
}

/**
 * The name of a task, which is also its BullMQ job id (invariant W2): the same work for the same leader always gets the
 * same name. Late answers to the tasks of an earlier leader, whose blobs may be gone, thus are nobody's.
 */
export function taskId(
  task: Pick<Task, 'run' | 'epoch' | 'step' | 'kind' | 'shard'> & {
    readonly shards?: number;
    readonly dataHash?: string;
  },
): string {
  const { run, epoch, step, kind, shard, shards = 1, dataHash } = task;
  // Several data sets are evaluated after one step.
  const what = dataHash === undefined ? kind : `${kind}-${dataHash.slice(0, 16)}`;
  return `${run}.${epoch}.${step}.${what}.${shards > 1 ? `${shard}-${shard + shards - 1}` : shard}`;
}

/** The tasks that together do what this one does, one for each shard, for whoever is free. */
export function partsOf(task: Task): Task[] {
  const spans = Array.from({ length: task.shards }, (_, at) => ({ shard: task.shard + at, shards: 1 }));
  if (task.kind !== 'backprop') return spans.map((one) => ({ ...task, ...one }));
  const { next: _next, ...rest } = task;
  return spans.map((one) => ({ ...rest, ...one, embeddings: [blobOf(task.embeddings, one.shard)] }));
}

/** The blob that has the rows of a shard. */
export function blobOf(blobs: readonly RowsBlob[], shard: number): RowsBlob {
  const found = blobs.find((blob) => shard >= blob.shard && shard < blob.shard + blob.shards);
  if (!found) throw new Error(`internal: no blob has the rows of shard ${shard}`);
  return found;
}

/** The run in the name of a task. */
export function runOf(id: string): string {
  return id.split('.').slice(0, -4).join('.');
}

/** What computing a task produces. The worker adds the fields of the answer that are the same for all kinds. */
export type TaskResult<A extends ShardAnswer> = A extends ShardAnswer
  ? Omit<A, 'worker' | 'taskId' | keyof Span | 'parametersHash' | 'listHash' | 'loadMs' | 'computeMs' | 'storeMs'>
  : never;
