import { z } from 'zod';
import { patternMatcher, patternsSchema, unmatchedPatterns, type PatternedParameter } from './parameter-pattern.js';
import type { Problem } from '../tandem-error.js';

const patterns = patternsSchema.optional();

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

/** Tells which parameters a run trains. By default all are trainable. */
export function trainableMatcher(trainable: Trainable | undefined): (parameter: PatternedParameter) => boolean {
  const [only, freeze] = [trainable?.only?.map(patternMatcher), trainable?.freeze?.map(patternMatcher)];
  return (parameter) =>
    (only?.some((names) => names(parameter)) ?? true) && !(freeze?.some((names) => names(parameter)) ?? false);
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
  if (unmatched.length > 0 || parameters.some(trainableMatcher(trainable))) return unmatched;
  return [
    {
      path: 'train',
      message: `expected at least one of the ${parameters.length} parameters to be trained, got none`,
    },
  ];
}
