import { z } from 'zod';

/** A text tower in open_clip's terms: a Transformer over tokens. */
export const textConfigSchema = z.strictObject({
  context_length: z.int().min(3).max(1024).default(77).describe('Tokens of a caption, start and end included.'),
  vocab_size: z.int().min(16).max(1_000_000).default(49_408).describe('Tokens the text tower knows.'),
  width: z.int().min(8).max(8192).describe('Width of the text tower.'),
  heads: z.int().min(1).max(256).describe('Attention heads of the text tower.'),
  layers: z.int().min(1).max(128).describe('Transformer blocks of the text tower.'),
  mlp_ratio: z.number().min(0.5).max(16).default(4).describe('Width of the hidden layer over width of the tower.'),
  no_causal_mask: z
    .boolean()
    .optional()
    .describe('Each token sees all others; if left out or false, only itself and those before it.'),
  pool_type: z
    .enum(['argmax', 'first', 'last'])
    .optional()
    .describe(
      'The token that stands for the caption: the one of highest id, which is the end (argmax, also ' +
        'if left out), the first or the last.',
    ),
  norm_kwargs: z
    .strictObject({
      eps: z
        .number()
        .min(1e-12)
        .max(0.1)
        .optional()
        .describe('Added to the variance in layer norms; 1e-5 if left out.'),
    })
    .optional(),
  proj_bias: z.boolean().optional().describe('The projection into the shared space has a bias.'),
});

export type TextConfig = z.output<typeof textConfigSchema>;
