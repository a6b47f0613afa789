import { describe, expect, it } from 'vitest';
import { lruCache } from './lru-cache.js';

describe('lruCache', () => {
  function counting(weightLimit: number): { get(key: string): Promise<string>; made: string[] } {
    const made: string[] = [];
    const cache = lruCache<string, string>(weightLimit, (value) => value.length);
    return {
      made,
      get: (key) =>
        cache.get(key, async () => {
          made.push(key);
          return key;
        }),
    };
  }

  it('L1: keeps no more than its limit, and what was used last', async () => {
    const { get, made } = counting(6);
    for (const key of ['aa', 'bb', 'cc', 'aa', 'dd', 'aa', 'cc', 'bb']) await get(key);
    expect(made).toEqual(['aa', 'bb', 'cc', 'dd', 'bb']);
  });

  it('makes a value once for all that ask for it meanwhile, and nothing is kept that exceeds the limit', async () => {
    const { get, made } = counting(3);
    expect(await Promise.all([get('a'), get('a'), get('a')])).toEqual(['a', 'a', 'a']);
    expect(made).toEqual(['a']);
    await get('too long');
    await get('too long');
    expect(made).toEqual(['a', 'too long', 'too long']);
  });

  it('does not keep a failure', async () => {
    const cache = lruCache<string, number>(10, () => 1);
    await expect(cache.get('a', () => Promise.reject(new Error('first')))).rejects.toThrow('first');
    expect(await cache.get('a', () => Promise.resolve(2))).toBe(2);
  });
});
