import { ErrorCode, type TandemError } from '#protocol/tandem-error.js';
import { retryOrGiveUp, type PoolAction } from './pool-decision.js';
import type { OutstandingTask } from './pool-state.js';

/** A worker that is given no tasks for a while, because it could not do one. */
export interface SetAside {
  readonly untilMs: number;
  /** Tasks in a row that it could not do. */
  readonly failures: number;
  /** What it said last. */
  readonly reason: string;
  /** If it was found to compute wrongly: when its process started. Another process of its name is innocent. */
  readonly convictedAs?: string;
}

/** A worker that computes wrongly: it gets no tasks until it is started again. */
export function convicted(startedAt: string, reason: string): SetAside {
  return { untilMs: Infinity, failures: 0, reason, convictedAs: startedAt };
}

const firstPauseMs = 1000;
const longestPauseMs = 60_000;

/**
 * A worker after one more task that it could not do: its pause doubles each time. A task that it already held when it
 * was set aside counts no more: one moment of trouble fails all that it holds.
 */
export function setAside(nowMs: number, before: SetAside | undefined, reason: string): SetAside {
  if (before && nowMs < before.untilMs) return { ...before, reason };
  const failures = (before?.failures ?? 0) + 1;
  return { untilMs: nowMs + Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)), failures, reason };
}

export interface TaskFailure {
  readonly task: OutstandingTask;
  readonly worker: string;
  readonly error: TandemError;
  /** The workers that have failed this task before, one entry each time. */
  readonly failedBy: readonly string[];
  /** Other workers that are there to try it. */
  readonly others: readonly string[];
}

export type FailureVerdict = Exclude<PoolAction, { kind: 'forget' }> | { readonly kind: 'endRun'; readonly by: string };

/**
 * What to do about a task that a worker could not do. It is the worker's own trouble until another worker confirms it:
 * a store that it cannot see, a full disk, a device that is lost. So others try the task, and the run ends only if a
 * second worker fails it too, or if there is no other and the worker fails it again. Errors that are worth a retry
 * anyway only use up attempts, except that a store that fails half of them ends the phase. A pure function.
 */
export function judgeFailure({ task, worker, error, failedBy, others }: TaskFailure): FailureVerdict {
  const reason = `${task.id} failed on worker ${worker}: ${error.message}`;
  const by = [...new Set([...failedBy, worker])].join(' and ');
  // An outage of the store would use up all attempts within a second. The run itself waits for its end (outage.ts).
  const isOutage = error.code === ErrorCode.StoreFailed && failedBy.length + 1 >= task.attempts / 2;
  if (error.retryable) return isOutage ? { kind: 'endRun', by } : retryOrGiveUp(task, reason);
  const isConfirmed = failedBy.some((one) => one !== worker);
  const isAlone = others.length === 0;
  if (isConfirmed || surelyTheRuns.has(error.code) || (isAlone && failedBy.length > 0)) return { kind: 'endRun', by };
  return retryOrGiveUp(task, reason);
}

const surelyTheRuns: ReadonlySet<ErrorCode> = new Set([ErrorCode.NonFinite, ErrorCode.ConfigInvalid]);
