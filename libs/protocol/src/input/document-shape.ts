import { documentDepthMax, documentValuesMax } from './input-limits.js';
import type { Problem } from '../tandem-error.js';

interface Place {
  readonly value: unknown;
  readonly key: string;
  /** How many maps and lists enclose this value. */
  readonly depth: number;
  readonly parent: Place | undefined;
}

/**
 * Checks the shape of a parsed document before any schema sees it. Returns a problem where the document refers to
 * itself, is nested too deep, holds too many values, contains text that is not valid Unicode or a value that JSON does
 * not have; undefined where the shape is fine. Time and memory are bounded by the limits, not by the document. The
 * check itself never recurses, so recursive code may safely walk whatever passes it.
 */
export function documentShapeProblem(document: unknown): Problem | undefined {
  const pending: Place[] = [{ value: document, key: '', depth: 0, parent: undefined }];
  let seen = 1;
  for (let place = pending.pop(); place; place = pending.pop()) {
    const problem = valueProblem(place);
    if (problem !== undefined) return { path: pathOf(place), message: problem };
    for (const [key, value] of itemsOf(place.value, documentValuesMax - seen + 1)) {
      seen++;
      if (seen > documentValuesMax)
        return { path: '(top level)', message: `expected at most ${documentValuesMax} values in all, got more` };
      if (!isUnicode(key)) return { path: pathOf(place), message: notUnicode('a key') };
      pending.push({ value, key, depth: place.depth + 1, parent: place });
    }
  }
  return undefined;
}

function valueProblem(place: Place): string | undefined {
  const { value, depth } = place;
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
    case 'number':
      return undefined;
    case 'string':
      return isUnicode(value) ? undefined : notUnicode('text');
    case 'object':
      if (value === null) return undefined;
      if (isAncestor(value, place))
        return 'expected a value, got the map or list that this is part of: a document cannot refer to itself';
      if (depth >= documentDepthMax)
        return `expected at most ${documentDepthMax} maps and lists inside one another, got more`;
      return isPlain(value)
        ? undefined
        : 'expected a map, list, text, number, true, false or null, got a ' +
            `${value.constructor?.name.slice(0, 40) ?? 'value of another kind'}`;
    default:
      return `expected a map, list, text, number, true, false or null, got a ${typeof value}`;
  }
}

function isAncestor(value: object, { parent }: Place): boolean {
  for (let place = parent; place; place = place.parent) if (place.value === value) return true;
  return false;
}

/** True for a plain map or list. Sets, dates and other objects have no counterpart in JSON. */
function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Yields the first `count` items of a map or list and never looks at the rest. */
function* itemsOf(value: unknown, count: number): Generator<readonly [key: string, value: unknown]> {
  if (typeof value !== 'object' || value === null) return;
  let left = count;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length && left-- > 0; index++) yield [String(index), value[index]];
    return;
  }
  for (const key in value) {
    if (left-- <= 0) return;
    if (Object.hasOwn(value, key)) yield [key, (value as Readonly<Record<string, unknown>>)[key]];
  }
}

// With the flag u a surrogate pair counts as one character, so this matches only a surrogate without its partner.
const loneSurrogate = /\p{Surrogate}/u;

function isUnicode(text: string): boolean {
  return !loneSurrogate.test(text);
}

function notUnicode(what: string): string {
  return `expected ${what} in Unicode, got half of a character (a surrogate without its partner)`;
}

const shownKeysMax = 8;
const shownKeyLengthMax = 40;

/** The path in the form other problems use, with long keys and long paths cut off. */
function pathOf(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.parent; at = at.parent)
    keys.unshift(at.key.length > shownKeyLengthMax ? `${at.key.slice(0, shownKeyLengthMax)}…` : at.key);
  if (keys.length === 0) return '(top level)';
  return keys.length > shownKeysMax ? `${keys.slice(0, shownKeysMax).join('.')}.…` : keys.join('.');
}
