import { z } from 'zod';

const countListSchema = z.strictObject({
  files: z.array(z.strictObject({ kind: z.enum(['text', 'dump', 'views']), path: z.string() })),
  options: z.strictObject({
    wiki: z.string(),
    lineViewsMin: z.int(),
    ignoreCase: z.boolean(),
    encoding: z.string().optional(),
  }),
});

/** The files of a corpus that are counted apart, and how. */
export type CountList = z.infer<typeof countListSchema>;

/** Throws where the value is no such list. */
export function countList(value: unknown): CountList {
  return countListSchema.parse(value);
}
