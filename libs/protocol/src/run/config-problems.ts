import type { z } from 'zod';
import { problemsShownMax } from '../input/input-limits.js';
import { shownJson, shownList } from '../input/shown.js';
import { ErrorCode, TandemError, type Problem } from '../tandem-error.js';

/** The problem that zod found in a document, with the path and value of its place. */
export function describeIssue(issue: z.core.$ZodIssue, document: unknown): Problem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return [
      {
        path: path || '(top level)',
        message: `unknown key${issue.keys.length > 1 ? 's' : ''} ${shownList(issue.keys.map(shownJson), ', ')}`,
      },
    ];
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    document,
  );
  if (issue.code === 'invalid_union') {
    const likeliest = likeliestAlternative(issue.errors);
    if (likeliest)
      return likeliest.flatMap((inner) => describeIssue({ ...inner, path: [...issue.path, ...inner.path] }, document));
  }
  const expected = issue.message.replace(/^Invalid (?:input|option): /, '').replace(/, received \w+$/, '');
  return [{ path, message: `${expected}, got ${value === undefined ? 'nothing' : shownJson(value)}` }];
}

/**
 * Which alternative of a union the author most likely meant: of those that accept the type of the value, the one with
 * the fewest issues. Each alternative is given as its list of issues.
 */
function likeliestAlternative(alternatives: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const ofItsType = alternatives.filter(
    (issues) => !issues.some(({ code, path }) => code === 'invalid_type' && path.length === 0),
  );
  return ofItsType.sort((a, b) => a.length - b.length)[0];
}

/** CONFIG_INVALID for a document, with its problems: as many as are shown, and how many more there are. */
export function configError(
  what: string,
  all: readonly Problem[],
  help = 'Every key, its default and its range are in docs/run-document.md.',
): TandemError {
  const problems = all.slice(0, problemsShownMax);
  const more = all.length - problems.length;
  const lines = [
    ...problems.map(({ path, message }) => `  ${path}: ${message}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `The ${what} has ${all.length} problem${all.length > 1 ? 's' : ''}:\n${lines.join('\n')}`,
    help,
    problems,
  });
}
