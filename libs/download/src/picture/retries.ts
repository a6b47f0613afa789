import type { DownloadedPicture } from './downloaded-picture.js';

/** Before the second attempt; twice as much before each further one. */
const firstWaitMs = 1000;
const waitMsMax = 60_000;

/** After which time to try a picture again, of which this came at this attempt; undefined if it is not tried again. */
export function retryAfterMs(
  { entry, afterMs }: Pick<DownloadedPicture, 'entry'> & { readonly afterMs?: number | undefined },
  attempt: number,
  retries: number,
): number | undefined {
  if (!('can_pass' in entry && entry.can_pass) || attempt > retries) return undefined;
  return Math.min(afterMs ?? 0, waitMsMax) || firstWaitMs * 2 ** (attempt - 1);
}
