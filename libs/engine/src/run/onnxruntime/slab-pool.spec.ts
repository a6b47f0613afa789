// Goal: memory is reused, and slabs that do not fit are freed to make room. Method: the pool itself, with a garbage
// collector that counts its calls.
import { describe, expect, it } from 'vitest';
import { openSlabPool } from './slab-pool.js';

describe('a pool of slabs', () => {
  it('gives out the smallest slab that fits, and each slab to one user only', () => {
    const pool = openSlabPool();
    const [small, large] = [pool.take(100), pool.take(150)];
    pool.give(large);
    pool.give(small);
    expect(pool.take(90)).toBe(small);
    expect(pool.take(90)).toBe(large);
    expect([small, large]).not.toContain(pool.take(90));
  });

  it('frees as many bytes as it allocates, oldest slabs first, and collects the garbage at once', () => {
    let collections = 0;
    const pool = openSlabPool(() => collections++);
    const [first, second, third] = [pool.take(100), pool.take(100), pool.take(100)];
    expect(collections).toBe(0);
    [first, second, third].forEach((slab) => pool.give(slab));
    expect(pool.take(200).byteLength).toBe(200);
    expect(collections).toBe(1);
    expect(pool.take(100)).toBe(third);
    expect([first, second]).not.toContain(pool.take(100));
  });

  it('does not use a large slab for a small request', () => {
    const pool = openSlabPool();
    pool.give(pool.take(1000));
    expect(pool.take(100).byteLength).toBe(100);
  });
});
