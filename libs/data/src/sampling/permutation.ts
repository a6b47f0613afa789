import { randomBits } from './random-bits.js';

/**
 * Maps `position` to its place in a random permutation of 0 … size − 1 that is determined by `seeds`. Takes constant
 * memory and about constant time for any size. A Feistel network permutes the next power of four from `size` on; a
 * result outside the range is permuted again until it falls inside (cycle walking, fewer than four rounds on average).
 * Source: Black and Rogaway, Ciphers with Arbitrary Finite Domains, 2002, section 4.
 */
export function permute(position: number, size: number, seeds: readonly number[]): number {
  let halfBits = 1;
  while (4 ** halfBits < size) halfBits++;
  let value = position;
  do value = feistel(value, halfBits, seeds);
  while (value >= size);
  return value;
}

const rounds = 8;

function feistel(value: number, halfBits: number, seeds: readonly number[]): number {
  const half = 2 ** halfBits;
  let left = Math.floor(value / half);
  let right = value % half;
  for (let round = 0; round < rounds; round++) {
    const mixed = randomBits(...seeds, round, right) & (half - 1);
    [left, right] = [right, left ^ mixed];
  }
  return left * half + right;
}
