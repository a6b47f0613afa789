import { z } from 'zod';
import { runConfigSchema } from '../run/run-config.js';

const place = z.string().min(1).max(4096);

/** The document of a count of texts on the pool, from which queries are made. */
export const queriesConfigSchema = z.strictObject({
  name: runConfigSchema.shape.name,
  seed: runConfigSchema.shape.seed,
  store: place.describe('Where the counts go: file:DIR or s3://BUCKET/PREFIX.'),
  queries: z
    .strictObject({
      sources: z
        .array(place)
        .max(100_000)
        .default([])
        .describe('Texts, folders of them and MediaWiki dumps, as the coordinator and all workers see them.'),
      pageViews: z.array(place).max(100_000).default([]).describe('Files of page views, likewise.'),
      wiki: z.string().min(1).max(100).default('en').describe('Whose page views count.'),
      lineViewsMin: z.int().min(1).default(50).describe('Leave out lines with fewer page views.'),
      ignoreCase: z.boolean().default(false).describe('Count capitals as small letters.'),
      encoding: z.string().min(1).max(40).optional().describe('Encoding of plain text; UTF-8 if left out.'),
    })
    .describe('A count of texts.'),
  priority: runConfigSchema.shape.priority,
  limits: runConfigSchema.shape.limits,
});

/** The document of a count, with its defaults filled in. */
export type QueriesConfig = z.output<typeof queriesConfigSchema>;
/** As people write it. */
export type QueriesConfigInput = z.input<typeof queriesConfigSchema>;
