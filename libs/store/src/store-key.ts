import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** S3 allows 1,024 bytes; the rest is left to the bucket's prefix. */
const keyBytesMax = 900;
/** Linux, macOS and Windows file systems allow 255 bytes a name. */
const segmentBytesMax = 255;
const segmentPattern = /^[A-Za-z0-9._=-]+$/;

/** Refuse a key no store can hold. Throws CONFIG_INVALID naming the key and the rule. */
export function checkKey(key: string): void {
  const problem = keyProblem(key);
  if (problem) throw refused('key', key, problem);
}

/** Refuse a prefix no key can start with; the empty prefix is every key's. */
export function checkPrefix(prefix: string): void {
  const problem = prefix === '' ? undefined : keyProblem(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
  if (problem) throw refused('prefix', prefix, problem);
}

/** Refuse the empty prefix to a remover: `removeAll('')` would empty the directory or bucket, which nobody means. */
export function checkRemovable(prefix: string): void {
  if (prefix === '') throw refused('prefix', prefix, 'one that is not empty, for every key starts with that');
  checkPrefix(prefix);
}

/** Is this name, found in a directory or bucket, one that a store could have written? */
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
