import { describe, expect, it } from 'vitest';
import {
  besideChance,
  bytes,
  duration,
  exponential,
  large,
  ordinal,
  percent,
  significant,
  tickPercent,
  unbroken,
  whole,
  wholePercent,
} from './figures.js';

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

describe('figures', () => {
  it.each([
    [0, '0 %'],
    [1 / 1392, '0.07 %'],
    [0.00001, '<0.01 %'],
    [0.00996, '1.0 %'],
    [0.0639, '6.4 %'],
    [0.38, '38.0 %'],
    [0.9999, '100 %'],
    [1, '100 %'],
  ])('percent(%d) is %s', (share, text) => expect(percent(share)).toBe(text));

  it.each([
    [0, '0 %'],
    [0.004, '<1 %'],
    [0.494, '49 %'],
    [1, '100 %'],
  ])('wholePercent(%d) is %s', (share, text) => expect(wholePercent(share)).toBe(text));

  it('writes ticks with no more digits than they have', () => {
    expect([0, 0.2, 0.025].map(tickPercent)).toEqual(['0 %', '20 %', '2.5 %']);
    expect([0, 5e-4, 1e-3, 2.5e-5].map(exponential)).toEqual(['0', '5e-4', '1e-3', '2.5e-5']);
  });

  it.each([
    [0, '0'],
    [483.21, '483'],
    [4.213, '4.21'],
    [0.0005, '5e-4'],
    [1234567, '1.23e6'],
    [0.1 + 0.2, '0.3'],
  ])('significant(%d) is %s', (value, text) => expect(significant(value)).toBe(text));

  it('writes durations, bytes, counts and places', () => {
    expect([45.2, 59.7, 244, 4320].map(duration)).toEqual(['45 s', '1 min 0 s', '4 min 4 s', '1 h 12 min']);
    expect([0, 999, 604_900_000].map(bytes)).toEqual(['0 B', '999 B', '605 MB']);
    expect([whole(12345), large(999_999), large(4_213_505)]).toEqual(['12,345', '999,999', '4.21 million']);
    expect([1, 2, 3, 4, 11, 12, 13, 21, 112, 1003].map(ordinal)).toEqual([
      '1st',
      '2nd',
      '3rd',
      '4th',
      '11th',
      '12th',
      '13th',
      '21st',
      '112th',
      '1,003rd',
    ]);
  });

  it('keeps number and unit on one line where asked', () => {
    expect(unbroken(percent(0.0639))).toBe('6.4\u00a0%');
  });

  it('claims a multiple of chance only where the share is above it', () => {
    expect(plain(besideChance(0.064, 0.0007))).toBe('91 × chance of 0.07 %');
    expect(plain(besideChance(0.25, 0.2))).toBe('1.3 × chance of 20.0 %');
    expect(plain(besideChance(0.1, 0.2))).toBe('chance 20.0 %');
  });
});
