/** What programs that read numbers, names and paths have been seen to trip over. */

export const hostileNumbers: readonly number[] = [
  0,
  -1,
  1,
  2,
  255,
  256,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 31),
  -(2 ** 53),
  0.5,
  1e-320,
  1e308,
];

/** As JSON writes numbers: some that JavaScript reads as another number, and some that are none. */
export const hostileNumberTexts: readonly string[] = [
  ...hostileNumbers.map(String),
  '-0',
  '1e999',
  '-1e999',
  '9007199254740993',
  '18446744073709551615',
  '1e-999',
  '00',
  '0x10',
  'NaN',
  '.5',
  '1_000',
  '٣',
];

export const hostileStrings: readonly string[] = [
  '',
  ' ',
  '\0',
  '\ud800',
  '\udc00x',
  '\ufeff',
  '\u202e',
  'a\r\nb',
  '\u0007\u001b[31m',
  'é'.normalize('NFD'),
  '👩‍👩‍👧‍👦'.repeat(50),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'length',
  '*',
  '*'.repeat(2000),
  '.',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  'file:/proc/self/mem',
  'file:///etc/passwd',
  'file:../..',
  '/dev/zero',
  'C:\\con',
  'x'.repeat(300),
  'a/'.repeat(600),
  '{}',
  '%s%n',
  '<svg/onload=x>',
  '=cmd()',
  "'; --",
  '${x}',
  'null',
  'NaN',
];

/**
 * Deeper than a recursive reader's stack; more members than these take the YAML package seconds, which compares each
 * key with all others.
 */
export const extremes = { longText: 300_000, manyItems: 2000, nesting: 20_000 } as const;
