import { z } from 'zod';
import { ErrorCode, type WireError } from './tandem-error.js';

/** Body of every HTTP answer that is not a success. */
export const errorBodySchema = z.object({
  code: z.enum(ErrorCode).describe('Closed list; decide by this, never by the text.'),
  message: z.string().describe('What was expected, what came, and where.'),
  help: z.string().describe('What to do about it.'),
  retryable: z.boolean().describe('May the same call succeed later without anyone changing anything?'),
  context: z.record(z.string(), z.union([z.string(), z.number()])).describe('Ids that place the error.'),
  problems: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .exactOptional()
    .describe('Every problem of a refused document.'),
}) satisfies z.ZodType<WireError>;
