import { PassThrough } from 'node:stream';
import { hostOf, workByHost, type ScheduleOptions } from './host-schedule.js';

/** Work on pictures of several callers at once, within limits that hold for all of them together. */
export interface HostQueue {
  /**
   * Does the work for each item. Resolves when all are done. Rejects with the first error of `work`, or the signal's
   * reason, once nothing of it is under way; what was not begun is then left.
   */
  run<Item extends { readonly url: string }>(
    items: readonly Item[],
    work: ScheduleOptions<Item>['work'],
    signal: AbortSignal,
  ): Promise<void>;
  /** Resolves when nothing is under way any more. */
  close(): Promise<void>;
}

/** An item of some caller. */
interface Piece {
  readonly url: string;
  work(attempt: number): Promise<{ readonly againAfterMs: number } | undefined>;
}

export function openHostQueue({
  connections,
  perHost,
}: {
  readonly connections: number;
  readonly perHost: number;
}): HostQueue {
  const pieces = new PassThrough({ objectMode: true });
  const never = new AbortController().signal;
  const working = workByHost<Piece>(pieces, {
    ...{ connections, perHost, waitingMax: Infinity, signal: never },
    hostOf: ({ url }) => hostOf(url),
    work: (piece, attempt) => piece.work(attempt),
  });
  return {
    async run(items, work, signal) {
      let [left, active] = [items.length, 0];
      let failure: { readonly thrown: unknown } | undefined;
      let resolve = (): void => undefined;
      const ended = new Promise<void>((done) => (resolve = done));
      const settle = (): void => {
        if (left === 0 || (failure && active === 0)) resolve();
      };
      const fail = (thrown: unknown): void => void (failure ??= { thrown });
      const onAbort = (): void => {
        fail(signal.reason);
        settle();
      };
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      for (const item of items)
        pieces.write({
          url: item.url,
          async work(attempt) {
            active++;
            const again = failure ? undefined : await work(item, attempt).catch(fail);
            active--;
            if (!again) left--;
            settle();
            return again ?? undefined;
          },
        } satisfies Piece);
      settle();
      await ended;
      signal.removeEventListener('abort', onAbort);
      if (failure) throw failure.thrown;
    },
    async close() {
      pieces.end();
      await working;
    },
  };
}
