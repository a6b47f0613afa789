import { describe, expect, it } from 'vitest';
import { seededRandom } from './seeded-random.js';

describe('seededRandom', () => {
  it('gives the same numbers forever: a change here changes every run', () => {
    const random = seededRandom(42, 'visual.proj');
    expect([random.uniform(), random.uniform(), random.normal(), random.normal()]).toEqual([
      0.11722667817957699, 0.23597564222291112, -0.9260282292815594, 0.5516724022709931,
    ]);
  });

  it('uniform: mean ½, variance 1/12, within [0, 1)', () => {
    const values = draw(40_000, seededRandom(1, 'u').uniform);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(mean(values)).toBeCloseTo(0.5, 2);
    expect(mean(values.map((x) => (x - 0.5) ** 2))).toBeCloseTo(1 / 12, 2);
  });

  it('normal: the first four moments are 0, 1, 0, 3', () => {
    const values = draw(100_000, seededRandom(2, 'n').normal);
    const moments = [1, 2, 3, 4].map((power) => mean(values.map((x) => x ** power)));
    expect(moments[0]).toBeCloseTo(0, 1);
    expect(moments[1]).toBeCloseTo(1, 1);
    expect(moments[2]).toBeCloseTo(0, 1);
    expect(Math.abs(moments[3]! - 3)).toBeLessThan(0.1);
  });

  it('streams of neighbouring seeds and names are unrelated', () => {
    const streams = [seededRandom(1, 'a'), seededRandom(2, 'a'), seededRandom(1, 'b')].map((random) =>
      draw(5000, random.uniform),
    );
    for (const [i, j] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const covariance = mean(streams[i]!.map((x, k) => (x - 0.5) * (streams[j]![k]! - 0.5)));
      expect(Math.abs(covariance * 12)).toBeLessThan(0.06);
    }
  });
});

function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}
