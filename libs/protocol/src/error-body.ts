import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import { ErrorCode, type TandemError, type WireError } from './tandem-error.js';

/** What an error says, as it goes to another process. */
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

/** Body of every HTTP response with an error status, as application/problem+json (RFC 9457). */
export const problemBodySchema = errorBodySchema.extend({
  type: z.string().describe('`urn:tandem:problem:` and the code.'),
  title: z.string().describe('The HTTP status in words.'),
  status: z.int().describe('The HTTP status.'),
  detail: z.string().describe('The same as `message`.'),
});

export const problemType = 'application/problem+json; charset=utf-8';

/** The body of a response with this status. */
export function problemBody(status: number, error: TandemError): z.output<typeof problemBodySchema> {
  const { context, problems, ...wire } = error.toWire();
  return {
    type: `urn:tandem:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: error.message,
    ...wire,
    context: { ...context },
    ...(problems && { problems: problems.map((problem) => ({ ...problem })) }),
  };
}
