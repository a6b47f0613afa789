import { z } from 'zod';
import { patternMatcher, patternsSchema, type PatternedParameter } from './parameter-pattern.js';

/** The long form. */
export const weightsSchema = z.strictObject({
  weights: z
    .string()
    .min(1)
    .max(4096)
    .describe(
      'Path, file: or s3: URL of a weights file, a Tandem checkpoint, or a folder in the layout of ' +
        'open_clip or Hugging Face.',
    ),
  only: patternsSchema
    .optional()
    .describe(
      'Load only these parameters; the others are initialised from the seed. An entry is image or ' +
        'text for a whole tower, or a parameter name of open_clip, where * matches any characters.',
    ),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, '64 digits 0-9 a-f')
    .optional()
    .describe(
      'sha256 of the weights file; a file with another hash is refused. If left out, the hash of ' +
        'the file found is recorded with the run.',
    ),
});

/** The initial parameters of a run, where they do not come from its seed. */
export const initialWeightsSchema = z
  .union([z.string().min(1).max(4096), weightsSchema])
  .describe(
    'Pretrained weights to start from instead of random initialisation: a path or URL, or the ' +
      "keys below. Position embeddings are resized to the model's resolution and context length.",
  );

export type InitialWeights = z.output<typeof weightsSchema>;

/** Expands the short form: a path alone loads all of its weights. */
export function initialWeights(given: z.output<typeof initialWeightsSchema>): InitialWeights {
  return typeof given === 'string' ? { weights: given } : given;
}

/** Tells which parameters a run loads from its initial weights. */
export function fromWeightsMatcher({ only }: InitialWeights): (parameter: PatternedParameter) => boolean {
  const matchers = only?.map(patternMatcher);
  return (parameter) => matchers?.some((names) => names(parameter)) ?? true;
}
