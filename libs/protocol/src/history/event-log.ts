import { z } from 'zod';
import { runStateSchema } from '../run/run-status.js';

/** Something that happened to a run, other than a step. */
const loggedEventSchema = z.strictObject({
  at: z.string().describe('When, in ISO 8601.'),
  kind: z.string().describe('Such as started, prepared, evaluation, checkpoint, waiting, paused or failed.'),
  state: runStateSchema.describe('The state of the run afterwards.'),
  step: z.int().describe('Number of steps that were committed then.'),
  text: z.string().describe('What happened and why, in a sentence.'),
});
export type LoggedEvent = z.infer<typeof loggedEventSchema>;

/** Response of GET /v1/runs/:id/events, the newest at the end. */
export const eventLogSchema = z.strictObject({ events: z.array(loggedEventSchema) });
