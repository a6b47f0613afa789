/** A task is no straggler before it is late by this much: the news of an answer takes a while itself. */
const graceMs = 250;

export interface TaskTime {
  /** How long a worker has been at the task. */
  readonly elapsedMs: number;
  /** The median time in which other workers do such a task; undefined if none has done one. */
  readonly typicalMs: number | undefined;
}

/**
 * Are answers still coming in? Then a task that seems late may have been answered, and the news of it waits its turn at
 * a busy coordinator: a copy would only make that queue longer.
 */
export function isHeardFrom(sinceAnswerMs: number): boolean {
  return sinceAnswerMs < graceMs;
}

/** Has a worker been at its task for so long that others should do it, and what waits behind it, too? */
export function isLate({ elapsedMs, typicalMs }: TaskTime, stragglerFactor: number): boolean {
  return typicalMs !== undefined && elapsedMs >= Math.max(stragglerFactor * typicalMs, typicalMs + graceMs);
}

/**
 * Should a slow worker leave a task to the others? Yes if they would have done all that is open before it had done this
 * one. `slowness`: its time for a task over theirs.
 */
export function leavesItToOthers(slowness: number, open: number, others: number, stragglerFactor: number): boolean {
  return slowness >= stragglerFactor && others > 0 && Math.ceil(open / others) < slowness;
}
