import type { SoftmaxProbabilities } from '../running-softmax.js';
import { contradiction } from './invariants.js';

/**
 * Checks that each row (or column) of the softmax adds up to 1: that the second pass over the similarities gave the
 * others, `found` [N] in units of 1/2N, what the first left to them. Throws CHECK_FAILED if not.
 */
export function checkProbabilities(found: Float64Array, { othersProbability }: SoftmaxProbabilities): void {
  othersProbability.forEach((expected, pair) => {
    const share = 2 * othersProbability.length * found[pair]!;
    if (Math.abs(share - expected) < 1e-4) return;
    const first = `the softmax of pair ${pair} to leave ${expected} to the other pairs, as in the first pass`;
    throw contradiction(first, `${share} in the second pass`, { pair });
  });
}
