import { describe, expect, it } from 'vitest';
import { smooth, thin } from './series.js';

const points = (values: readonly number[]) => values.map((y, x) => ({ x, y }));

describe('smooth', () => {
  it('is the mean over the neighbours that exist', () => {
    expect(smooth(points([0, 3, 6, 9, 100]), 3).map(({ y }) => y)).toEqual([1.5, 3, 6, 115 / 3, 54.5]);
  });
});

describe('thin', () => {
  it('keeps a short line as it is', () => {
    const line = points([1, 2, 3]);
    expect(thin(line, 3)).toBe(line);
  });

  it('keeps the ends, the lowest and the highest point of a long line, in order', () => {
    const line = points(
      Array.from({ length: 10_000 }, (_, x) => (x === 4321 ? 50 : x === 8765 ? -50 : Math.sin(x / 500))),
    );
    const kept = thin(line, 100);
    expect(kept.length).toBeLessThanOrEqual(100);
    expect(kept).toContainEqual({ x: 4321, y: 50 });
    expect(kept).toContainEqual({ x: 8765, y: -50 });
    expect(kept[0]).toEqual(line[0]);
    expect(kept.at(-1)).toEqual(line.at(-1));
    expect(kept.map(({ x }) => x)).toEqual([...kept.map(({ x }) => x)].sort((a, b) => a - b));
  });
});
