import type { Pausable } from '#threads/turns.js';

/** The first value that is NaN or infinite, if there is one. */
export function* notFinite(values: Float32Array): Pausable<number | undefined> {
  for (let from = 0; from < values.length; from += valuesBetweenPauses) {
    const to = Math.min(from + valuesBetweenPauses, values.length);
    for (let i = from; i < to; i++) if (!Number.isFinite(values[i])) return values[i];
    yield;
  }
  return undefined;
}

const valuesBetweenPauses = 2 ** 18;
