import { z } from 'zod';
import { namesParameter, type PatternedParameter } from './parameter-pattern.js';

const weightsSchema = z.strictObject({
  weights: z
    .string()
    .min(1)
    .max(4096)
    .describe('Path, file: or s3: URL of a file of weights, a checkpoint, or a folder of open_clip or Hugging Face.'),
  only: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(1000)
    .optional()
    .describe(
      'Which parameters to take; the others are drawn from the seed. image or text for a whole tower, ' +
        "or open_clip's names, * for any characters.",
    ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 digits 0-9 a-f')
    .optional()
    .describe('Of the file; another one is refused. Kept with the run where it is left out.'),
});

/** Where a run's parameters come from, if not from its seed. */
export const initialWeightsSchema = z
  .union([z.string().min(1).max(4096), weightsSchema])
  .describe(
    'Weights to start from in place of drawn ones: their path or URL, or these keys. Position ' +
      "embeddings are resized to the model's resolution and context length.",
  );

export type InitialWeights = z.output<typeof weightsSchema>;

/** A path stands for all of its weights. */
export function initialWeights(given: z.output<typeof initialWeightsSchema>): InitialWeights {
  return typeof given === 'string' ? { weights: given } : given;
}

/** Does a run take this parameter from its weights? */
export function isTaken({ only }: InitialWeights, parameter: PatternedParameter): boolean {
  return only?.some((pattern) => namesParameter(pattern, parameter)) ?? true;
}
