import { z } from 'zod';

/** A text tower in open_clip's terms: a Transformer over tokens. */
export const textConfigSchema = z.strictObject({
  context_length: z.int().min(3).max(1024).default(77).describe('Tokens per caption, start and end included.'),
  vocab_size: z.int().min(16).max(1_000_000).default(49_408).describe('Vocabulary size of the text tower.'),
  width: z.int().min(8).max(8192).describe('Width of the text tower.'),
  heads: z.int().min(1).max(256).describe('Attention heads of the text tower.'),
  layers: z.int().min(1).max(128).describe('Transformer blocks of the text tower.'),
  mlp_ratio: z
    .number()
    .min(0.5)
    .max(16)
    .default(4)
    .describe("Width of the MLP's hidden layer as a multiple of the tower's width."),
  no_causal_mask: z
    .boolean()
    .optional()
    .describe('If true, every token attends to all others; else (causal) only to itself and those before it.'),
  pool_type: z
    .enum(['argmax', 'first', 'last'])
    .optional()
    .describe(
      "Which token's output represents the caption: argmax, the one with the highest id, which is " +
        'the end token (used if left out); first; or last.',
    ),
  norm_kwargs: z
    .strictObject({
      eps: z
        .number()
        .min(1e-12)
        .max(0.1)
        .optional()
        .describe('Epsilon added to the variance in layer norms; 1e-5 if left out.'),
    })
    .optional(),
  proj_bias: z.boolean().optional().describe('Whether the projection into the shared embedding space has a bias.'),
});

export type TextConfig = z.output<typeof textConfigSchema>;
