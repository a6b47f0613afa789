import { setTimeout as sleep } from 'node:timers/promises';

/** What tells the time and waits: the clock of this process, or that of a simulation. */
export interface Time {
  /** Milliseconds, from any starting point. */
  nowMs(): number;
  /** Rejects if the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const realTime: Time = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal && { signal }),
};
