import { z } from 'zod';
import type { Problem } from '../tandem-error.js';

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
    .enum(['argmax', 'eos', 'first', 'last'])
    .optional()
    .describe(
      "Which token's output represents the caption: argmax, the one with the highest id, which is " +
        'the end token (used if left out); eos, the first whose id is eos_id; first; or last.',
    ),
  eos_id: z.int().min(0).optional().describe('Id of the end token. Needed for pool_type eos, refused for others.'),
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

/** The id of the end token: the highest of all, unless pool_type is eos and names another. */
export function endTokenId({ pool_type, eos_id, vocab_size }: TextConfig): number {
  return pool_type === 'eos' ? (eos_id ?? 0) : vocab_size - 1;
}

/** The keys whose values do not fit together, with what was expected and got. */
export function textProblems({ width, heads, pool_type, eos_id, vocab_size }: TextConfig): Problem[] {
  const problems: Problem[] = [];
  if (width % heads !== 0)
    problems.push({ path: 'heads', message: `expected a divisor of width ${width}, got ${heads}` });
  if (pool_type === 'eos' && !(eos_id !== undefined && eos_id < vocab_size)) {
    const expected = `expected an id below vocab_size ${vocab_size} for pool_type eos`;
    problems.push({ path: 'eos_id', message: `${expected}, got ${eos_id ?? 'none'}` });
  }
  if (pool_type !== 'eos' && eos_id !== undefined)
    problems.push({ path: 'eos_id', message: `expected it for pool_type eos only, got ${pool_type ?? 'argmax'}` });
  return problems;
}
