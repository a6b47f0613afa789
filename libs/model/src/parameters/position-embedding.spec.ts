// Goal: position embeddings are resized as in open_clip. PyTorch's antialiased bicubic interpolation is the same as
// Pillow's, so the expected grids are Pillow's results for float images; the linear ones are computed by hand.
import { describe, expect, it } from 'vitest';
import { fittedValues, resizeGridPositions, resizeTextPositions, type GivenValues } from './position-embedding.js';

const five = Array.from({ length: 25 }, (_, i) => ((i * 7) % 16) - (i % 3));

describe('resizeGridPositions', () => {
  it.each([
    ['2 → 3', [1, 0, 0, 2], 3, [1.14456, 0.46711, -0.21035, 0.46711, 0.75, 1.03289, -0.21035, 1.03289, 2.27614]],
    [
      '3 → 5',
      [0, 1, 4, 9, 2, -1, 3, 5, -2],
      5,
      [
        -0.80028, -0.27133, 0.92453, 3.2381, 4.63795, 3.59209, 2.60247, 1.21642, 1.81521, 2.37215, 9.5283, 6.6791, 2.0,
        -0.26119, -1.22642, 5.6218, 5.23875, 3.99254, 0.1164, -2.31583, 2.34496, 3.81386, 5.22642, 0.6056, -2.62656,
      ],
    ],
    ['5 → 3, antialiased', five, 3, [3.50911, 6.74562, 9.66012, 6.2908, 5.93313, 6.79728, 6.02485, 5.36358, 5.92047]],
    ['5 → 2, antialiased', five, 2, [5.26822, 7.77834, 5.79935, 6.06894]],
  ])('%s, as Pillow does', (_, grid, side, expected) => {
    const resized = resizeGridPositions(Float32Array.of(77, ...grid), 1, side);
    expect(resized[0]).toBe(77);
    expectNear(resized.subarray(1), expected);
  });

  it('changes nothing if the size is the same', () => {
    const positions = Float32Array.of(8, 9, ...five, ...five);
    expect([...resizeGridPositions(positions, 2, 5)]).toEqual([...positions]);
  });

  it('resizes each column as a separate grid, and a constant grid stays constant', () => {
    const both = Float32Array.of(0, 0, ...five.flatMap((value) => [value, 3]));
    const alone = resizeGridPositions(Float32Array.of(0, ...five), 1, 7);
    const resized = resizeGridPositions(both, 2, 7);
    alone.forEach((value, row) => expect(resized[2 * row]).toBe(value));
    alone.forEach((_, row) => expect(resized[2 * row + 1]).toBeCloseTo(row === 0 ? 0 : 3, 6));
  });

  it('refuses rows that do not form a grid', () => {
    expect(() => resizeGridPositions(new Float32Array(7), 1, 2)).toThrow('square grid of rows, got 7 rows');
  });
});

describe('resizeTextPositions', () => {
  it('interpolates between the two nearest rows and is constant beyond the first and the last', () => {
    expectNear(resizeTextPositions(Float32Array.of(0, 10, 4, 30), 2, 4), [0, 10, 1, 15, 3, 25, 4, 30]);
    expectNear(resizeTextPositions(Float32Array.of(0, 1, 4, 9, 16, 25), 1, 3), [0.5, 6.5, 20.5]);
    // Without antialiasing, the rows in between are skipped: 7 → 2 reads at 1.25 and 4.75.
    expectNear(resizeTextPositions(Float32Array.of(0, 4, 8, 0, 8, 0, 100), 1, 2), [5, 2]);
  });
});

describe('fittedValues', () => {
  it('resizes position embeddings of either image tower and of the text tower, and leaves the rest as it is', () => {
    expect(fittedValues({ name: 'visual.positional_embedding', shape: [10, 2] }, given(5, 2))).toHaveLength(20);
    expect(fittedValues({ name: 'visual.attnpool.positional_embedding', shape: [5, 3] }, given(50, 3))).toHaveLength(
      15,
    );
    expectNear(
      fittedValues({ name: 'positional_embedding', shape: [4, 1] }, { shape: [2, 1], values: Float32Array.of(0, 4) }),
      [0, 1, 3, 4],
    );
    const weights = given(2, 2);
    expect(fittedValues({ name: 'visual.proj', shape: [2, 2] }, weights)).toBe(weights.values);
  });

  it('refuses any other mismatch of shapes, another width included', () => {
    expect(() => fittedValues({ name: 'visual.proj', shape: [2, 2] }, given(3, 2))).toThrow(
      'visual.proj: expected shape [2, 2], got [3, 2]',
    );
    expect(() => fittedValues({ name: 'positional_embedding', shape: [4, 2] }, given(2, 4))).toThrow(
      'positional_embedding: expected shape [4, 2], got [2, 4]',
    );
    expect(() => fittedValues({ name: 'logit_scale', shape: [] }, given(1, 1))).toThrow(
      'logit_scale: expected shape [], got [1, 1]',
    );
  });
});

function given(rows: number, width: number): GivenValues {
  return { shape: [rows, width], values: new Float32Array(rows * width).fill(1) };
}

function expectNear(actual: Float32Array, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4));
}
