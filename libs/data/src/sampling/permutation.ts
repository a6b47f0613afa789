import { randomBits } from './random-bits.js';

/**
 * Where `position` goes in a random permutation of 0 … size − 1 that is a function of `seeds`. Costs the same for every
 * size and holds nothing in memory: a Feistel network permutes the next power of four above `size`, and a value outside
 * is sent through again until it falls inside (cycle walking, under four times on average). Source: Black and Rogaway,
 * Ciphers with Arbitrary Finite Domains, 2002, section 4.
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
