import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that yields wherever it may pause, about once a millisecond, and returns its result. */
export type Pausable<Result> = Generator<void, Result, void>;

/** How long the work has the event loop before timers and sockets get their turn. */
const turnMs = 10;

/** Does the work without a pause. */
export function atOnce<Result>(work: Pausable<Result>): Result {
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
  }
}

/**
 * Does the work in turns of 10 ms, so that the event loop never stands still for it. The result is the same. Rejects
 * with the reason of `signal` at the next turn if it is aborted.
 */
export async function inTurns<Result>(work: Pausable<Result>, signal?: AbortSignal): Promise<Result> {
  for (;;) {
    await nextTurn();
    signal?.throwIfAborted();
    const startedMs = performance.now();
    do {
      const step = work.next();
      if (step.done) return step.value;
    } while (performance.now() - startedMs < turnMs);
  }
}
