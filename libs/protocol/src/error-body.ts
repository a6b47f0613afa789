import { z } from 'zod';
import { ErrorCode, type WireError } from './tandem-error.js';

/** Body of every HTTP response with an error status. */
export const errorBodySchema = z.object({
  code: z
    .enum(ErrorCode)
    .describe('One of a fixed list of codes. Programs should decide by this and never by the text.'),
  message: z.string().describe('What was expected, what came, and where.'),
  help: z.string().describe('What to do about it.'),
  retryable: z.boolean().describe('Whether the same call may succeed later without anyone changing anything.'),
  context: z.record(z.string(), z.union([z.string(), z.number()])).describe('Ids that say where the error happened.'),
  problems: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .exactOptional()
    .describe('Every problem found in a document that was refused.'),
}) satisfies z.ZodType<WireError>;
