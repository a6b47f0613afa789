import { z } from 'zod';
import { namesParameter, unmatchedPatterns, type PatternedParameter } from './parameter-pattern.js';
import type { Problem } from '../tandem-error.js';

const patterns = z.array(z.string().min(1).max(200)).min(1).max(1000).optional();

/** Which parameters a run trains. */
export const trainableSchema = z.strictObject({
  only: patterns.describe(
    'Train only these parameters. An entry is image or text for a whole tower, or a parameter ' +
      'name of open_clip, where * matches any characters. logit_scale and logit_bias belong to ' +
      'neither tower.',
  ),
  freeze: patterns.describe(
    'Freeze these parameters, named in the same way: [image] trains a text tower against a fixed ' +
      'image tower (LiT). Frozen parameters have no gradient, no optimizer state and no weight ' +
      'decay.',
  ),
});
export type Trainable = z.output<typeof trainableSchema>;

/** Whether a run trains this parameter. By default all are trainable. */
export function isTrainable(trainable: Trainable | undefined, parameter: PatternedParameter): boolean {
  const names = (pattern: string): boolean => namesParameter(pattern, parameter);
  return (trainable?.only?.some(names) ?? true) && !(trainable?.freeze?.some(names) ?? false);
}

/** A problem for each pattern that names no parameter, or one if nothing at all is left to train. */
export function trainableProblems(
  trainable: Trainable | undefined,
  parameters: readonly PatternedParameter[],
): Problem[] {
  const unmatched = [
    ...unmatchedPatterns(trainable?.only, 'train.only', parameters),
    ...unmatchedPatterns(trainable?.freeze, 'train.freeze', parameters),
  ];
  if (unmatched.length > 0 || parameters.some((parameter) => isTrainable(trainable, parameter))) return unmatched;
  return [
    {
      path: 'train',
      message: `expected at least one of the ${parameters.length} parameters to be trained, got none`,
    },
  ];
}
