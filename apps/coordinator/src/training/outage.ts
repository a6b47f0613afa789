import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

export interface OutageLimits {
  /** For how long a run waits for a store or a Redis that does not work, before it fails. */
  readonly outageMs: number;
}

/** Pauses between two tries: this long at first, twice as long after each failure, up to the longest. */
const firstPauseMs = 250;
const longestPauseMs = 15_000;
/** A step whose numbers contradict one another this often in a row ends the run: the fault is no accident. */
const contradictionsMax = 3;

/**
 * Whether to try again what has failed: after which pause, and why, in words; undefined if the error is none that time
 * mends. `failures`: how often it has failed in a row, `sinceMs`: for how long. A pure function.
 */
export function outlast(
  error: unknown,
  { failures, sinceMs }: { readonly failures: number; readonly sinceMs: number },
  { outageMs }: OutageLimits,
): { readonly pauseMs: number; readonly reason: string } | undefined {
  if (!(error instanceof TandemError)) return undefined;
  const isCheck = error.code === ErrorCode.CheckFailed;
  // What two workers have computed twice, and differently, is no accident either.
  const isOver = isCheck ? !error.retryable || failures >= contradictionsMax : sinceMs >= outageMs;
  if (!mends.has(error.code) || isOver) return undefined;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
  const forSeconds = sinceMs < 1000 ? '' : ` for ${Math.round(sinceMs / 1000)} s now`;
  return { pauseMs, reason: `Waits${forSeconds} and tries again: ${error.message.split('\n')[0]}` };
}

/**
 * A disk gets room, credentials are renewed, a server comes back, a bit flips only once. A step that failed has changed
 * nothing (C1).
 */
const mends: ReadonlySet<ErrorCode> = new Set([
  ErrorCode.StoreFailed,
  ErrorCode.TransportFailed,
  ErrorCode.CheckFailed,
]);
