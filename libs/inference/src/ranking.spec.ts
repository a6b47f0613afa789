import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankOf, softmax, topK } from './ranking.js';

const scoreLists = fc
  .array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 20 })
  .map((values) => Float32Array.from(values));

describe('topK', () => {
  it('puts the lower index first among equals', () => {
    expect(topK(Float32Array.of(1, 3, 3, 0, 3), 3)).toEqual([1, 2, 4]);
    expect(topK(Float32Array.of(1, 3, 3, 0, 3), 2)).toEqual([1, 2]);
    expect(topK(Float32Array.of(2, 2), 5)).toEqual([0, 1]);
  });

  it('is the start of a stable sort, and rankOf its inverse', () => {
    fc.assert(
      fc.property(scoreLists, fc.integer({ min: 1, max: 20 }), (scores, k) => {
        const sorted = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
        expect(topK(scores, k)).toEqual(sorted.slice(0, k));
        sorted.forEach((index, place) => expect(rankOf(scores, index)).toBe(place + 1));
      }),
    );
  });
});

describe('softmax', () => {
  it('is exp over the sum of exp, also where exp overflows', () => {
    expect([...softmax(Float32Array.of(0, Math.log(3)))]).toEqual([0.25, 0.75]);
    expect([...softmax(Float32Array.of(1000, 1000, -1000))]).toEqual([0.5, 0.5, 0]);
  });
});
