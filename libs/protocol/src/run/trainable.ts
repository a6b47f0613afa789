import { z } from 'zod';
import { namesParameter, unmatchedPatterns, type PatternedParameter } from './parameter-pattern.js';
import type { Problem } from '../tandem-error.js';

const patterns = z.array(z.string().min(1).max(200)).min(1).max(1000).optional();

/** Which parameters a run trains. */
export const trainableSchema = z.strictObject({
  only: patterns.describe(
    "Train these parameters and no others. image or text for a whole tower, or open_clip's names, * " +
      'for any characters; logit_scale and logit_bias are in neither tower.',
  ),
  freeze: patterns.describe(
    'Leave these as they are, named likewise: [image] trains a text tower to fit images (LiT). What ' +
      'is frozen has no gradient, no moments and no weight decay.',
  ),
});
export type Trainable = z.output<typeof trainableSchema>;

/** Does a run train this parameter? All, if its document says nothing else. */
export function isTrainable(trained: Trainable | undefined, parameter: PatternedParameter): boolean {
  const names = (pattern: string): boolean => namesParameter(pattern, parameter);
  return (trained?.only?.some(names) ?? true) && !(trained?.freeze?.some(names) ?? false);
}

/** Patterns that name nothing, and patterns that together leave nothing to train. */
export function trainableProblems(
  trained: Trainable | undefined,
  parameters: readonly PatternedParameter[],
): Problem[] {
  const unmatched = [
    ...unmatchedPatterns(trained?.only, 'train.only', parameters),
    ...unmatchedPatterns(trained?.freeze, 'train.freeze', parameters),
  ];
  if (unmatched.length > 0 || parameters.some((parameter) => isTrainable(trained, parameter))) return unmatched;
  return [
    { path: 'train', message: `expected at least one of the ${parameters.length} parameters to be trained, got none` },
  ];
}
