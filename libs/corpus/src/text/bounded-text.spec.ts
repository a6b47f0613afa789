import { describe, expect, it } from 'vitest';
import { boundedQuery, boundedText, hasWord, plainQuery } from './bounded-text.js';

const isIn = (query: string, text: string): boolean => boundedText(text).includes(boundedQuery(query));

describe('boundedText', () => {
  it.each([
    ["The (old) T-shirt's 黑猫。", " The ( old ) T-shirt's 黑猫 。 "],
    ['a,b...c', ' a , b . . . c '],
    ['R&B  -- rock-n-roll\tnow', ' R&B - - rock-n-roll now '],
    ['可爱的cat 和 狗', ' 可爱的 cat 和 狗 '],
    ['猫 咪', ' 猫 咪 '],
    ['a😀b 👍🏽', ' a 😀 b 👍 🏽 '],
    ['𠀋𠀋x', ' 𠀋𠀋 x '],
    ['', ' '],
  ])('%j is %j', (text, bounded) => expect(boundedText(text)).toBe(bounded));

  it('finds whole words, and in scripts without gaps any part', () => {
    expect(isIn('cat', 'two "cats"')).toBe(false);
    expect(isIn('cat', 'a "cat".')).toBe(true);
    expect(isIn('T-shirt', 'T-shirts')).toBe(false);
    expect(isIn('U.S.', 'in the U.S. today')).toBe(true);
    expect(isIn('猫', '黑猫咖啡')).toBe(true);
    expect(isIn('고양이', '고양이가 잔다')).toBe(true);
    expect(isIn('猫 咪', '猫咪')).toBe(false);
    expect(isIn('T恤', '一件T恤衫')).toBe(true);
    expect(isIn('แมว', 'รูปแมวดำ')).toBe(true);
    expect(isIn('café', 'a cafe\u0301 here')).toBe(true);
  });
});

it('a query is written with single spaces, and is one only with a letter or digit', () => {
  expect(plainQuery('  New\u00a0 York\n')).toBe('New York');
  expect(['!?', '😀', '', '2', '猫', 'a!'].map(hasWord)).toEqual([false, false, false, true, true, true]);
});
