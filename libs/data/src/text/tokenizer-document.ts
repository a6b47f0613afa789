import { z } from 'zod';

/** A tokenizer as it is stored: tokenizer.json of a run and of its checkpoints. */
export const tokenizerDocumentSchema = z.strictObject({
  format: z.literal('tandem-bpe'),
  /** Captions were repaired from 2 on (see cleanCaption). Other ids for the same text make another version. */
  version: z.union([z.literal(1), z.literal(2)]),
  /** Token ids are 0 … vocabulary − 1; the last two are start and end. */
  vocabulary: z.int().min(514),
  /**
   * `left right` in rank order; merge k makes token 512 + k. Ids between the last merge and the start token are unused.
   */
  merges: z.array(z.string().regex(/^\S+ \S+$/u)),
});
export type TokenizerDocument = z.infer<typeof tokenizerDocumentSchema>;
