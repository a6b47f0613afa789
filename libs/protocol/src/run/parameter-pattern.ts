import { shownJson } from '../input/shown.js';
import type { Problem } from '../tandem-error.js';

/** A parameter as patterns see it. `loss` is the tower of logit_scale and logit_bias. */
export interface PatternedParameter {
  readonly name: string;
  readonly tower: 'image' | 'text' | 'loss';
}

/**
 * Whether a pattern names this parameter: `image` and `text` name a whole tower, and in a name `*` stands for any
 * characters.
 */
export function namesParameter(pattern: string, { name, tower }: PatternedParameter): boolean {
  return pattern === tower || matches(pattern, name);
}

/** A problem for each pattern that names none of the parameters. */
export function unmatchedPatterns(
  patterns: readonly string[] | undefined,
  path: string,
  parameters: readonly PatternedParameter[],
): Problem[] {
  return (patterns ?? []).flatMap((pattern, index) =>
    parameters.some((parameter) => namesParameter(pattern, parameter))
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
function matches(pattern: string, name: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return pattern === name;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const piece of rest) {
    const at = name.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
