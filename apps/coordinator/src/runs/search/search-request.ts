import type { ApiBodyOptions } from '@nestjs/swagger';
import { z } from 'zod';
import { sentImageBytesMax } from '#protocol/input/input-limits.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

const countMax = 100;

/** Which features are asked for. */
export const featuresQuerySchema = z.strictObject({
  data: z.string().max(100).describe('The data set: `place` of one of GET /v1/runs/:id/data-sets.'),
  checkpoint: z.string().max(100).exactOptional().describe('The name of a checkpoint; the newest if left out.'),
});

const fieldsSchema = featuresQuerySchema.extend({
  text: z.string().trim().min(1).max(1000).exactOptional(),
  count: z.coerce.number().int().min(1).max(countMax).default(12),
});

export interface SearchRequest {
  readonly data: string;
  readonly checkpoint: string | undefined;
  readonly query: string | Uint8Array;
  readonly count: number;
}

/** For the parser of the form, which stops reading there. */
export const searchFormLimits = { files: 1, fileSize: sentImageBytesMax, fields: 8, fieldSize: 4096 } as const;

/** The form as the API's description has it. */
export const searchForm: Extract<ApiBodyOptions, { schema: unknown }>['schema'] = {
  type: 'object',
  required: ['data'],
  properties: {
    data: { type: 'string', description: 'The data set: `place` of one of GET /v1/runs/:id/data-sets.' },
    text: { type: 'string', description: 'What to search for: a text of at most 1,000 characters.' },
    image: { type: 'string', format: 'binary', description: 'In its place, an image file of at most 16 MiB.' },
    count: { type: 'integer', minimum: 1, maximum: countMax, default: 12, description: 'Images to find.' },
    checkpoint: { type: 'string', description: 'The name of a checkpoint; the newest if left out.' },
  },
};

/** Throws CONFIG_INVALID, listing every problem, unless the form holds a data set and a text or an image. */
export function searchRequest(fields: unknown, file: { readonly buffer: Uint8Array } | undefined): SearchRequest {
  const parsed = fieldsSchema.safeParse({ ...(fields as object | undefined) });
  const query = file?.buffer ?? parsed.data?.text;
  const hasBoth = file !== undefined && parsed.data?.text !== undefined;
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path, message }) => ({ path: path.join('.') || '(form)', message })),
    ...(parsed.success && query === undefined
      ? [{ path: 'text', message: 'expected a text, or an image file `image`, got neither' }]
      : []),
    ...(hasBoth ? [{ path: 'text', message: 'expected a text or an image file, got both' }] : []),
  ];
  if (parsed.success && query !== undefined && !hasBoth) {
    const { data, checkpoint, count } = parsed.data;
    return { data, checkpoint, count, query };
  }
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `The form has ${problems.length} problem${problems.length > 1 ? 's' : ''}: ${problems
      .map(({ path, message }) => `${path}: ${message}`)
      .join('; ')}`,
    help: 'Send multipart/form-data with the fields `data` and `text`, or a file `image`.',
    problems,
  });
}
