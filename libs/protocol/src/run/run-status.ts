import { z } from 'zod';
import { stepsChangeSchema } from './amendment.js';
import { evaluationResultSchema } from './evaluation-result.js';

export const runStateSchema = z.enum([
  'queued',
  'preparing',
  'training',
  'evaluating',
  'downloading',
  'counting',
  'paused',
  'completed',
  'failed',
  'cancelled',
]);
export type RunState = z.infer<typeof runStateSchema>;

export const endStates: readonly RunState[] = ['completed', 'failed', 'cancelled'];

/** Has a run ended? It may still be resumed. */
export function hasEnded({ state }: { readonly state: RunState }): boolean {
  return endStates.includes(state);
}

/** The metrics of one committed step, as the API, the log and the terminal show them. */
export const stepMetricsSchema = z.strictObject({
  step: z.int().describe('Number of committed steps including this one: 1 for the first.'),
  loss: z.number().describe('Loss, a mean over the N pairs of the batch.'),
  accuracy: z
    .number()
    .describe('Share of the batch whose positive ranks first, averaged over image-to-text and text-to-image.'),
  logitScale: z.number().describe('Factor on the similarities: exp of the parameter logit_scale.'),
  learningRate: z.number(),
  gradientNorm: z.number(),
  pairsPerSecond: z.number(),
  encodeMs: z.number(),
  lossMs: z.number(),
  backpropMs: z.number(),
  updateMs: z.number(),
  stepMs: z.number(),
  loadMs: z
    .number()
    .default(0)
    .describe('Longest time any worker waited for its samples. Loading ahead during computation does not count.'),
  bytesIn: z.int(),
  bytesOut: z.int(),
  workers: z.int(),
  retries: z.int(),
  skipped: z.int().describe('Unreadable samples that were replaced in this step.'),
  longCaptions: z
    .int()
    .optional()
    .describe('Captions that were too long and replaced in this step; only with captionTooLong: skip.'),
});
export type StepMetrics = z.infer<typeof stepMetricsSchema>;

/** Part of a run's history, in step order. */
export const metricsPageSchema = z.strictObject({
  run: z.string(),
  metrics: z.array(stepMetricsSchema),
  evaluations: z.array(evaluationResultSchema).default([]).describe('The results of evaluations after these steps.'),
  next: z.int().describe('Request this step next to continue.'),
});
export type MetricsPage = z.infer<typeof metricsPageSchema>;

/** Numbers derived from the document and the data set of a run. */
const derivedNumbersSchema = z.strictObject({
  parameters: z.int(),
  trainPairs: z.int(),
  advice: z.array(z.string()).optional().describe('What in the data set trains badly, in sentences.'),
  shards: z.int(),
  shardSizes: z.array(z.int()),
  microBatch: z.int(),
  stepsPerEpoch: z.number(),
  epochs: z.number(),
  embeddingBytesPerStep: z.int(),
  gradientBytesPerShard: z.int(),
  parameterBytes: z.int(),
});
export type DerivedNumbers = z.infer<typeof derivedNumbersSchema>;

const tallySchema = z.strictObject({ what: z.string(), count: z.int(), examples: z.array(z.string()).readonly() });
/** What became of the pictures of a download. */
const downloadAccountSchema = z.strictObject({
  pictures: z.int().describe('Pictures of the tars that are written.'),
  stored: z.int(),
  duplicates: z.int().describe('Pictures that look like an earlier one, and are left out.'),
  failed: z
    .array(tallySchema.extend({ canPass: z.boolean() }))
    .readonly()
    .describe('Failures by their reason.'),
  unsettled: z.int().describe('Failures that can pass: a run that is resumed tries them again.'),
  leftOut: z.array(tallySchema).readonly().describe('Rows of the list that name no picture, by the reason.'),
  said: z.array(z.string()).readonly().describe('How the list was read, where that was guessed.'),
});

export const runStatusSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  state: runStateSchema,
  /** Why the run is in this state, in one sentence. */
  reason: z.string(),
  error: z.strictObject({ code: z.string(), message: z.string(), help: z.string() }).nullable(),
  createdAt: z.string(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  step: z
    .int()
    .describe('Number of committed steps; of a download tars that are written, of a count files that are counted.'),
  steps: z.int().describe('Of a download or count 0 until its list is read.'),
  etaSeconds: z.number().nullable(),
  last: stepMetricsSchema.nullable(),
  derived: derivedNumbersSchema.nullable(),
  evaluations: z.array(evaluationResultSchema),
  checkpoint: z.string().nullable().describe('URL of the newest complete checkpoint.'),
  best: z
    .strictObject({ result: evaluationResultSchema, checkpoint: z.string() })
    .nullable()
    .default(null)
    .describe('Best result of the evaluation that checkpoint.keepBest names, and the URL of its checkpoint.'),
  skippedSamples: z.int(),
  download: downloadAccountSchema.optional().describe('Only of a download.'),
  longCaptions: z
    .int()
    .optional()
    .describe('Captions that were too long and replaced so far; only with captionTooLong: skip.'),
  stepsChanges: z
    .array(stepsChangeSchema)
    .default([])
    .describe('Other numbers of steps that the run was given when it was resumed, oldest first.'),
  store: z.string(),
  idempotencyKey: z.string().nullable().default(null).describe('The Idempotency-Key the run was submitted with.'),
  config: z.unknown(),
});
export type RunStatus = z.infer<typeof runStatusSchema>;

/** A run without its document, as lists have it. */
const runSummarySchema = runStatusSchema.omit({ config: true });
export type RunSummary = z.infer<typeof runSummarySchema>;

/** Response of GET /v1/runs, newest run first. */
export const runListSchema = z.strictObject({
  runs: z.array(runSummarySchema),
  next: z.string().nullable().describe('Value of `after` for the next page; null: there are no older runs.'),
});

export const workerStatusSchema = z.strictObject({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  device: z.string(),
  threads: z.int(),
  memoryBytes: z
    .int()
    .nullable()
    .describe('All memory that it may use: of its container, its machine or its GPU; null if not known.'),
  code: z.string(),
  state: z
    .enum(['idle', 'busy', 'lost', 'refused', 'setAside'])
    .describe('setAside: gets no tasks for a while, because it could not do one, or cannot use the store.'),
  reason: z.string(),
  task: z.string().nullable(),
  tasksDone: z.int(),
  slowness: z
    .number()
    .exactOptional()
    .describe('Its time for a task over that of its peers, of late; 1 if nothing is known of it.'),
  startedAt: z.string(),
  lastSeenAt: z.string(),
});
export type WorkerStatus = z.infer<typeof workerStatusSchema>;

/** Response of GET /v1/workers. */
export const workerListSchema = z.strictObject({ workers: z.array(workerStatusSchema) });
