import { parseJson } from '#protocol/input/json-text.js';
import { shownValue } from '#protocol/input/shown.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { withoutPythonNumbers } from '../python-numbers.js';

/** What a JSON file beside a picture holds. */
export interface JsonCaptions {
  /** Texts by their key, in the order of the file: those of each value that is a text or a list of texts. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** Values that are no text, by their key, as messages show them. */
  readonly others: ReadonlyMap<string, string>;
  readonly group: string | undefined;
  readonly changes: readonly string[];
}

/**
 * Parses a JSON file beside a picture. A text or a list of texts alone counts as its `captions`; null is as good as
 * nothing. NaN and Infinity, which Python's json writes though JSON has none, count as null. Throws DATA_INVALID where
 * it is neither a map nor such a list.
 */
export function jsonCaptions(text: string, origin: string): JsonCaptions {
  const value = jsonOf(text, origin);
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries: [string, unknown][] = isMap ? Object.entries(value) : [['captions', value]];
  const texts = new Map<string, readonly string[]>();
  const others = new Map<string, string>();
  const changes: string[] = [];
  for (const [key, one] of entries) {
    const items: unknown[] = Array.isArray(one) ? one.filter((item) => item !== null) : [one];
    const strings = items.filter((item) => typeof item === 'string');
    if (strings.length > 0) texts.set(key, strings);
    else if (one !== null && items.length > 0) others.set(key, shownValue(one));
    if (strings.length > 0 && strings.length < items.length)
      changes.push(`values of ${key} that are no text left away`);
  }
  if (!isMap && texts.size === 0 && value !== null)
    throw invalidJson(origin, `expected a map or a list of texts, got ${shownValue(value)}`);
  const { group, isDropped } = groupOf(isMap ? (value as { group?: unknown }).group : undefined);
  if (isDropped) changes.push('a group that is no text left away');
  return { texts, others, group, changes };
}

function groupOf(value: unknown): { readonly group: string | undefined; readonly isDropped: boolean } {
  if (value === undefined || value === null || value === '') return { group: undefined, isDropped: false };
  const isName = typeof value === 'string' || typeof value === 'number';
  return { group: isName ? String(value) : undefined, isDropped: !isName };
}

function jsonOf(text: string, origin: string): unknown {
  try {
    return parseJson(withoutPythonNumbers(text));
  } catch (error) {
    throw invalidJson(origin, (error as SyntaxError).message);
  }
}

export function invalidJson(origin: string, detail: string): TandemError {
  return new TandemError({
    code: ErrorCode.DataInvalid,
    message: `Expected JSON with captions at ${origin}: ${detail}`,
    help: 'Write {"captions": ["…"], "group": "…"}; group may be left out.',
  });
}
