import { expect, it } from 'vitest';
import { measurementAgainst, measurementOf, median, takeTurns, turnCount } from './turns.js';

it('median', () => {
  expect(median([3])).toBe(3);
  expect(median([9, 1, 5])).toBe(5);
  expect(median([10, 1, 2, 9])).toBe(5.5);
  expect(() => median([])).toThrow(RangeError);
});

it('takeTurns: subject and reference alternate, and the first of each is not counted', async () => {
  const order: string[] = [];
  const values = [99, 1, 2, 3, 4, 5];
  const references = [98, 10, 20, 30, 40, 50, 60];
  const turns = await takeTurns({
    subject: async () => (order.push('s'), values.shift()!),
    reference: async () => (order.push('r'), references.shift()!),
  });
  expect(order.join('')).toBe('srr' + 'sr'.repeat(turnCount));
  expect(turns).toEqual([15, 25, 35, 45, 55].map((reference, i) => ({ value: i + 1, reference })));
});

it('measurementOf: the ratio is the median over the turns, so that load during one of them does not show', () => {
  const turns = [
    { value: 10, reference: 20 },
    { value: 1, reference: 2 },
    { value: 12, reference: 24 },
  ];
  expect(measurementOf('a', 's', turns)).toEqual({ name: 'a', value: 10, unit: 's', reference: 20, ratio: 0.5 });
});

it('measurementAgainst: a fixed limit', () => {
  expect(measurementAgainst(4, 'a', 'MiB', [1, 3, 2])).toEqual({
    name: 'a',
    value: 2,
    unit: 'MiB',
    reference: 4,
    ratio: 0.5,
  });
});
