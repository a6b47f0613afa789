import { expect, it } from 'vitest';
import { histogram } from './histogram.js';

it('a value belongs to the last edge that is not above it; bars are those between the values', () => {
  const counted = histogram([1, 2, 4, 8, 16]);
  for (const value of [2, 3, 8, 9, 15.9]) counted.add(value);
  expect(counted.bars()).toEqual([
    { from: 2, count: 2 },
    { from: 4, count: 0 },
    { from: 8, count: 3 },
  ]);
});

it('what is outside the edges counts at the ends, and nothing gives no bars', () => {
  const counted = histogram([1, 2, 4]);
  expect(counted.bars()).toEqual([]);
  for (const value of [0, 100, 4]) counted.add(value);
  expect(counted.bars()).toEqual([
    { from: 1, count: 1 },
    { from: 2, count: 0 },
    { from: 4, count: 2 },
  ]);
});
