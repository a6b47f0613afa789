import { expect, it } from 'vitest';
import { clockTime, counted, wrapped } from './words.js';

it('counted: the plural has an s', () => {
  expect([0, 1, 2].map((count) => counted(count, 'worker'))).toEqual(['0 workers', '1 worker', '2 workers']);
});

it.each([
  [0, '0:00'],
  [59.6, '1:00'],
  [83, '1:23'],
  [3753, '1:02:33'],
])('clockTime(%f) is %s', (seconds, text) => {
  expect(clockTime(seconds)).toBe(text);
});

it('wrapped: lines break between words, and only a word that is too long is longer', () => {
  expect(wrapped('a step shows the model', 8)).toEqual(['a step', 'shows', 'the', 'model']);
  expect(wrapped('one incomprehensible word', 8)).toEqual(['one', 'incomprehensible', 'word']);
});
