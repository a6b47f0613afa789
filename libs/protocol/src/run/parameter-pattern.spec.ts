import { describe, expect, it } from 'vitest';
import { namesParameter } from './parameter-pattern.js';

const tower = 'image' as const;

describe('namesParameter', () => {
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
  ])('%s, %s: %s', (pattern, name, expected) => expect(namesParameter(pattern, { name, tower })).toBe(expected));

  it('is as fast with many stars', () => {
    expect(namesParameter('*a'.repeat(2000) + 'b', { name: 'a'.repeat(4000), tower })).toBe(false);
  });
});
