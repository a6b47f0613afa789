import { z } from 'zod';
import { downloadConfigSchema } from '#protocol/document/download-config.js';
import { queriesConfigSchema } from '#protocol/document/queries-config.js';
import { lossSchema } from '#protocol/run/loss-config.js';
import { weightsSchema } from '#protocol/run/initial-weights.js';
import { clipConfigSchema, runConfigSchema } from '#protocol/run/run-config.js';
import { runStatusSchema, stepMetricsSchema } from '#protocol/run/run-status.js';

/** The document of a training with its defaults filled in and its model resolved, as the status of a run has it. */
export const resolvedTrainingSchema = runConfigSchema.safeExtend({
  model: clipConfigSchema,
  modelName: z.string().describe('The name that the document gave, or custom.'),
  loss: lossSchema,
  init: weightsSchema.optional(),
});

/** A document of any kind, likewise. */
export const resolvedDocumentSchema = z.union([resolvedTrainingSchema, downloadConfigSchema, queriesConfigSchema]);

/** What is validated is a status without its document: another version may have written it. */
export const documentedStatusSchema = runStatusSchema.extend({ config: resolvedDocumentSchema });

/** The answer of a check of a document. */
export const checkedDocumentSchema = z.strictObject({ config: resolvedDocumentSchema });

/** An event of a run's stream, once its lines are read. */
export const streamEventSchema = z.discriminatedUnion('event', [
  z.strictObject({
    event: z.literal('step'),
    id: z.string().describe('The number of the step.'),
    data: stepMetricsSchema,
  }),
  z.strictObject({
    event: z.literal('status'),
    id: z.string().optional().describe('Only of the last one of a run that has ended.'),
    data: documentedStatusSchema,
  }),
]);
