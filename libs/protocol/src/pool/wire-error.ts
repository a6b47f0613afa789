import { z } from 'zod';
import { ErrorCode, type WireError } from '../tandem-error.js';

/** An error as it crosses from one process to another. */
export const wireErrorSchema = z.strictObject({
  code: z.enum(ErrorCode),
  message: z.string(),
  help: z.string(),
  retryable: z.boolean(),
  context: z.record(z.string(), z.union([z.string(), z.number()])),
}) satisfies z.ZodType<WireError>;
