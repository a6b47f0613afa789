import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from '#cluster/api-client.js';
import type { RunStatus } from '#protocol/run/run-status.js';

/** When it was seen that `step` steps were committed, in milliseconds of `performance.now()`. */
export interface Commit {
  readonly step: number;
  readonly atMs: number;
}

/** Follows one run by the API of whichever coordinators answer. */
export interface Progress {
  readonly commits: readonly Commit[];
  /** Asks a coordinator from now on, until `ended` resolves. */
  ask(api: ApiClient, ended: Promise<unknown>): void;
  /**
   * Resolves when `step` steps are committed or the run is completed. Rejects if the run fails, or stands still for too
   * long.
   */
  reach(step: number): Promise<void>;
  /** The same for `count` steps after `fromMs`. */
  reachAfter(fromMs: number, count: number): Promise<void>;
  /** Resolves when the run is completed, rejects as `reach` does. */
  complete(): Promise<void>;
  isComplete(): boolean;
  close(): void;
}

/** A poll is so cheap that a commit is seen within a few milliseconds. */
const pollMs = 10;
/** By so many steps it is known how long a step takes. */
const recentSteps = 20;
/** A run that says it failed is believed after so long: a coordinator that was replaced may say anything at first. */
const believedMs = 5_000;

/** `stallMs`: how long a run may stand still before it counts as lost. */
export function followRun(id: string, stallMs: number): Progress {
  const commits: Commit[] = [{ step: 0, atMs: performance.now() }];
  let latest: RunStatus | undefined;
  let failedSinceMs: number | undefined;
  let closed = false;

  const see = (status: RunStatus): void => {
    const nowMs = performance.now();
    const before = commits.at(-1)!.step;
    if (status.step < before) return; // It does not know yet what is committed.
    if (status.step > before) commits.push({ step: status.step, atMs: nowMs });
    latest = status;
    failedSinceMs = status.state === 'failed' || status.state === 'cancelled' ? (failedSinceMs ?? nowMs) : undefined;
  };
  const check = (): void => {
    const nowMs = performance.now();
    if (latest && failedSinceMs !== undefined && nowMs - failedSinceMs > believedMs)
      throw new Error(`the run is ${latest.state}: ${latest.reason}`);
    const last = commits.at(-1)!;
    if (nowMs - last.atMs > stallMs)
      throw new Error(
        `no step for ${Math.round(stallMs / 1000)} s after step ${last.step}` +
          (latest ? `; the run is ${latest.state}: ${latest.reason}` : ''),
      );
  };
  const isComplete = (): boolean => latest?.state === 'completed';
  const until = async (isTrue: () => boolean): Promise<void> => {
    for (; !isTrue() && !isComplete(); await delay(pollMs)) check();
  };
  return {
    commits,
    ask(api, ended) {
      let gone = false;
      void ended.then(() => (gone = true));
      void (async () => {
        for (; !gone && !closed; await delay(pollMs)) {
          const status = await api.run(id).catch(() => undefined);
          if (status && !gone) see(status);
        }
      })();
    },
    reach: (step) => until(() => commits.at(-1)!.step >= step),
    reachAfter: (fromMs, count) => until(() => commits.filter(({ atMs }) => atMs > fromMs).length >= count),
    complete: () => until(() => false),
    isComplete,
    close: () => void (closed = true),
  };
}

/**
 * What a fault cost: the longest wait for a commit among the two that follow `fromMs`, less the time that a step takes.
 * Undefined if two have not followed.
 */
export function recoveryMs(commits: readonly Commit[], fromMs: number, usualMs: number): number | undefined {
  const [first, second] = commits.filter(({ atMs }) => atMs > fromMs);
  if (!first || !second) return undefined;
  return Math.max(0, first.atMs - fromMs - usualMs, second.atMs - first.atMs - usualMs);
}

/** The median time of the last steps, which shows how many workers there are. Undefined before the second commit. */
export function recentStepMs(commits: readonly Commit[]): number | undefined {
  const last = commits.slice(-recentSteps);
  const steps = last.slice(1).map(({ atMs, step }, index) => (atMs - last[index]!.atMs) / (step - last[index]!.step));
  return steps.length === 0 ? undefined : median(steps);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
