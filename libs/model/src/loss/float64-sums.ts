import type { Pausable } from '#threads/turns.js';

/** sums[start + i] += terms[i], in float64. */
export function addTo(sums: Float64Array, start: number, terms: Float32Array): void {
  for (let i = 0; i < terms.length; i++) sums[start + i] = sums[start + i]! + terms[i]!;
}

export function sumOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Σ a_i·b_i, summed in float64 from left to right. */
export function* innerProduct(a: Float32Array, b: Float32Array): Pausable<number> {
  let sum = 0;
  for (let from = 0; from < a.length; from += termsBetweenPauses) {
    const to = Math.min(from + termsBetweenPauses, a.length);
    for (let i = from; i < to; i++) sum += a[i]! * b[i]!;
    yield;
  }
  return sum;
}

/** Takes about a millisecond. */
const termsBetweenPauses = 2 ** 19;
