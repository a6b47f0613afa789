import type { Pausable } from '#threads/turns.js';

/** The first value that is NaN or infinite, if there is one. */
export function* notFinite(values: Float32Array): Pausable<number | undefined> {
  for (let from = 0; from < values.length; from += valuesBetweenPauses) {
    const bad = values.subarray(from, from + valuesBetweenPauses).find((value) => !Number.isFinite(value));
    if (bad !== undefined) return bad;
    yield;
  }
  return undefined;
}

const valuesBetweenPauses = 2 ** 17;
