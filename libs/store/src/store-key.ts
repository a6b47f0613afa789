import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** S3 allows 1,024 bytes; the rest is reserved for the prefix in the bucket. */
const keyBytesMax = 900;
/** File systems of Linux, macOS and Windows allow 255 bytes per name. */
const segmentBytesMax = 255;
const segmentPattern = /^[A-Za-z0-9._=-]+$/;

/** Throws CONFIG_INVALID, naming the key and the rule, if no store can hold this key. */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem) throw refused('key', key, problem);
}

/**
 * Throws CONFIG_INVALID if no key can start with this prefix. The empty prefix, which every key starts with, is valid.
 */
export function checkPrefix(prefix: string): void {
  const problem = prefix === '' ? undefined : keyProblem(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  if (problem) throw refused('prefix', prefix, problem);
}

/** Throws CONFIG_INVALID also for the empty prefix: `removeAll('')` would empty the whole directory or bucket. */
export function checkRemovable(prefix: string): void {
  if (prefix === '') throw refused('prefix', prefix, 'one that is not empty, for every key starts with that');
  checkPrefix(prefix);
}

/** Whether a name found in a directory or bucket is a valid key, so that a store may have written it. */
export function isKey(name: string): boolean {
  return keyProblem(name) === undefined;
}

function keyProblem(key: string): string | undefined {
  if (key === '') return 'a name of at least one character';
  if (key.length > keyBytesMax) return `at most ${keyBytesMax} bytes, got ${key.length}`;
  for (const segment of key.split('/')) {
    if (segment === '') return 'no empty name between, before or after the slashes';
    if (segment === '.' || segment === '..') return 'no name . or ..';
    if (segment.length > segmentBytesMax)
      return `names of at most ${segmentBytesMax} bytes between the slashes, got ${segment.length}`;
    if (!segmentPattern.test(segment)) return 'names of the characters A-Z a-z 0-9 . _ - = between the slashes';
  }
  return undefined;
}

function refused(what: string, given: string, expected: string): TandemError {
  return new TandemError({
    code: ErrorCode.ConfigInvalid,
    message: `Store ${what} ${JSON.stringify(given)}: expected ${expected}.`,
  });
}
