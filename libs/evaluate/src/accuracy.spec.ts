import { describe, expect, it } from 'vitest';
import { accuracyOf, classAccuracies, confusionCounts, judge, requireClasses, worstConfusions } from './accuracy.js';

const labels = ['cat', 'dog', 'owl', 'fox'];
// Three cats, of which one is taken for a dog; one dog, taken for a cat; two owls, right. No fox.
const scores = Float32Array.of(9, 1, 0, 0, 9, 1, 0, 0, 1, 9, 0, 0, 9, 5, 0, 0, 0, 0, 9, 0, 0, 0, 9, 0);
const judged = judge(scores, Int32Array.of(0, 0, 0, 1, 2, 2), labels);

describe('accuracy', () => {
  it('counts images for top-1, and classes that have images for the mean per class', () => {
    expect(accuracyOf(judged)).toEqual({
      images: 6,
      classes: 4,
      top1: 4 / 6,
      top5: 1,
      meanPerClass: (2 / 3 + 0 + 1) / 3,
      chance: 1 / 4,
    });
    expect(classAccuracies(judged).map(({ label, images, top1 }) => [label, images, top1])).toEqual([
      ['cat', 3, 2 / 3],
      ['dog', 1, 0],
      ['owl', 2, 1],
    ]);
  });

  it('gives ties to the lower class', () => {
    const tied = judge(Float32Array.of(1, 1, 1, 1), Int32Array.of(2), labels);
    expect([tied.given[0], tied.ranks[0]]).toEqual([0, 3]);
  });

  it('lists confusions by images, then by share', () => {
    const counts = confusionCounts(judged);
    expect([...counts]).toEqual([
      [0, 2],
      [1, 1],
      [4, 1],
      [10, 2],
    ]);
    expect(worstConfusions(labels, counts, 10)).toEqual([
      { truth: 'dog', given: 'cat', images: 1, of: 1 },
      { truth: 'cat', given: 'dog', images: 1, of: 3 },
    ]);
  });

  it('refuses a data set of one class', () => {
    expect(() => requireClasses(['cat'], 'pets')).toThrow(/at least 2 classes, got 1 \("cat"\) in "pets"/);
  });
});
