import { describe, expect, it } from 'vitest';
import { clampLogitScale, initialLogitScale, largestLogitScale } from './logit-scale.js';

describe('logit scale', () => {
  it('starts at ln(1/0.07) and stays within [0, ln 100]', () => {
    expect(initialLogitScale).toBeCloseTo(2.659260036932778, 15);
    expect(largestLogitScale).toBeCloseTo(4.605170185988092, 15);
    expect([-1, 2, 5].map(clampLogitScale)).toEqual([0, 2, largestLogitScale]);
  });
});
