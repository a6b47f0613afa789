/** Values that make programs fail which read numbers, names and paths. */

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

/** Texts in place of a JSON number: some that JavaScript rounds, and some that are not valid JSON. */
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
 * Sizes that are too much for a careless reader. `nesting` exceeds the stack of a recursive one. `manyItems` is not
 * larger, because the YAML package compares each key with all others and would take seconds.
 */
export const extremes = { longText: 300_000, manyItems: 2000, nesting: 20_000 } as const;
