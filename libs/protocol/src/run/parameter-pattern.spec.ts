import { describe, expect, it } from 'vitest';
import { patternMatcher, patternsSchema } from './parameter-pattern.js';

const tower = 'image' as const;

describe('patternMatcher', () => {
  it.each<[string, string, boolean]>([
    ['visual.proj', 'visual.proj', true],
    ['visual.proj', 'visual.proj2', false],
    ['visual.*', 'visual.proj', true],
    ['*', 'logit_scale', true],
    ['*.ln_*.bias', 'visual.transformer.resblocks.0.ln_1.bias', true],
    ['*.ln_*.bias', 'visual.transformer.resblocks.0.ln_1.weight', false],
    ['*proj', 'visual.proj', true],
    ['ab*ba', 'aba', false],
    ['a*b*', 'ab', true],
    ['a.b', 'a+b', false],
    ['image', 'anything', true],
    ['text', 'anything', false],
  ])('%s, %s: %s', (pattern, name, expected) => expect(patternMatcher(pattern)({ name, tower })).toBe(expected));

  it('is as fast with many stars', () => {
    expect(patternMatcher('*a'.repeat(2000) + 'b')({ name: 'a'.repeat(4000), tower })).toBe(false);
  });
});

it('a document has at most 100 patterns, each of at most 8 stars', () => {
  const accepts = (patterns: string[]): boolean => patternsSchema.safeParse(patterns).success;
  expect(accepts(Array<string>(100).fill('*a'.repeat(8)))).toBe(true);
  expect(accepts(Array<string>(101).fill('text'))).toBe(false);
  expect(accepts(['*a'.repeat(9)])).toBe(false);
});
