import { describe, expect, it } from 'vitest';
import { equivalentShots } from './few-shot.js';
import { drawnOrder, rowsOf, sampleShots, splitValidation } from './sample-shots.js';

const points = [1, 2, 4, 8].map((shots, at) => ({ shots, mean: [0.2, 0.3, 0.5, 0.55][at]!, deviation: 0 }));

describe('equivalentShots', () => {
  it('is linear in log k between the points', () => {
    expect(equivalentShots(points, 0.4)).toEqual({ kind: 'shots', shots: 2 * 2 ** 0.5 });
    expect(equivalentShots(points, 0.3)).toEqual({ kind: 'shots', shots: 2 });
    expect(equivalentShots(points, 0.2)).toEqual({ kind: 'shots', shots: 1 });
  });

  it('says where zero-shot is off the curve', () => {
    expect(equivalentShots(points, 0.1)).toEqual({ kind: 'fewer', shots: 1 });
    expect(equivalentShots(points, 0.6)).toEqual({ kind: 'more', shots: 8 });
  });
});

const keys = Array.from({ length: 30 }, (_, row) => `key-${row}`);
const truths = Int32Array.from(keys, (_, row) => row % 3);
const labels = ['a', 'b', 'c'];

describe('sampleShots', () => {
  it('takes k of each class and min(k, 4) others, and more shots include fewer', () => {
    const order = drawnOrder(keys, truths, 1, 3);
    const [two, five] = [sampleShots(order, 2, labels), sampleShots(order, 5, labels)];
    expect([two.train.length, two.validation.length]).toEqual([6, 6]);
    expect([five.train.length, five.validation.length]).toEqual([15, 12]);
    expect(new Set([...five.train, ...five.validation]).size).toBe(27);
    expect(two.train.every((row) => five.train.includes(row))).toBe(true);
    for (const label of [0, 1, 2]) expect(two.train.filter((row) => truths[row] === label)).toHaveLength(2);
  });

  it('depends on the seed and the keys alone', () => {
    const reversed = drawnOrder(keys.toReversed(), truths.toReversed(), 1, 3);
    const namesOf = (rows: readonly number[], from: readonly string[]): string[] => rows.map((row) => from[row]!);
    const order = drawnOrder(keys, truths, 1, 3);
    expect(namesOf(reversed[1]!, keys.toReversed())).toEqual(namesOf(order[1]!, keys));
    expect(drawnOrder(keys, truths, 2, 3)).not.toEqual(order);
  });

  it('names the classes that have too few images', () => {
    expect(() => sampleShots(drawnOrder(keys, truths, 1, 3), 8, labels)).toThrow(
      /expected 8 images of each class to train on and 4 .* for 3 of 3 classes: "a" has 10/,
    );
  });
});

describe('splitValidation', () => {
  it('takes a share of each class, at least one image, and leaves a class of one in training', () => {
    const order = [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [10, 11], [12]];
    const { train, validation } = splitValidation(order, 0.2);
    expect(validation).toEqual([0, 1, 10]);
    expect(train).toHaveLength(10);
    expect(() => splitValidation([[0], [1]], 0.2)).toThrow(/got at most 1 of each/);
  });
});

it('rowsOf: rows in ascending order, with their classes', () => {
  const all = { features: Float32Array.from({ length: 8 }, (_, i) => i), width: 2, truths: Int32Array.of(0, 1, 2, 3) };
  expect(rowsOf(all, [3, 1])).toEqual({ features: Float32Array.of(2, 3, 6, 7), width: 2, truths: Int32Array.of(1, 3) });
});
