import { z } from 'zod';
import { shownJson } from '../input/shown.js';
import type { Problem } from '../tandem-error.js';

const starsMax = 8;

/** Patterns of a run document: few and short enough to be held against every parameter of the largest model. */
export const patternsSchema = z
  .array(
    z
      .string()
      .min(1)
      .max(200)
      .refine((pattern) => pattern.split('*').length <= starsMax + 1, `expected at most ${starsMax} stars`),
  )
  .min(1)
  .max(100);

/** A parameter as patterns see it. `loss` is the tower of logit_scale and logit_bias. */
export interface PatternedParameter {
  readonly name: string;
  readonly tower: 'image' | 'text' | 'loss';
}

/**
 * Tells which parameters a pattern names: `image` and `text` name a whole tower, and in a name `*` stands for any
 * characters.
 */
export function patternMatcher(pattern: string): (parameter: PatternedParameter) => boolean {
  const pieces = pattern.split('*');
  return ({ name, tower }) => pattern === tower || matches(pieces, name);
}

/** A problem for each pattern that names none of the parameters. */
export function unmatchedPatterns(
  patterns: readonly string[] | undefined,
  path: string,
  parameters: readonly PatternedParameter[],
): Problem[] {
  return (patterns ?? []).flatMap((pattern, index) =>
    parameters.some(patternMatcher(pattern))
      ? []
      : [
          {
            path: `${path}.${index}`,
            message:
              `expected image, text or a pattern of parameters' names, got ${shownJson(pattern)}, which names ` +
              `none of the ${parameters.length}`,
          },
        ],
  );
}

/**
 * Finds the pieces between the stars one after another, each at its first place after the one before. This takes at
 * most pattern length × name length, whatever the pattern.
 */
function matches([first = '', ...rest]: readonly string[], name: string): boolean {
  const last = rest.pop();
  if (last === undefined) return first === name;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = name.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
