import type { Options } from 'p-retry';

/**
 * Blobs larger than this go in parts of this size: many connections are faster than one, and a failure costs one part.
 */
export const partBytes = 16 * 1024 * 1024;
export const partsInFlight = 4;

/** For pRetry: again, at most five times in all, after pauses that double, while what is thrown `isPassing`. */
export function whilePassing(isPassing: (error: unknown) => boolean): Options {
  return { retries: 4, minTimeout: 100, shouldRetry: ({ error }) => isPassing(error) };
}
