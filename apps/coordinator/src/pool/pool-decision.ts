import type { OutstandingTask, PoolState, SeenWorker } from './pool-state.js';

export interface PoolLimits {
  /** A worker whose heartbeat has not changed for this long is lost. */
  readonly leaseMs: number;
  /** How often a task is sent out before it is given up. */
  readonly attempts: number;
  /** A task that takes this many times as long as its peers is also given to a worker that has nothing to do. */
  readonly stragglerFactor: number;
  /** The share of the tasks that two workers do, whose results are compared. */
  readonly verifyShare: number;
}

export type PoolAction =
  | { readonly kind: 'forget'; readonly worker: string; readonly reason: string }
  | { readonly kind: 'resend'; readonly task: OutstandingTask; readonly reason: string }
  | { readonly kind: 'giveUp'; readonly task: OutstandingTask; readonly reason: string };

/**
 * Decides what to do about lost workers and orphaned tasks: workers that went silent are forgotten, and tasks that will
 * not be answered are sent again or given up. Each action has a reason, with its numbers. A pure function of the time.
 */
export function decide(nowMs: number, state: PoolState, limits: Pick<PoolLimits, 'leaseMs'>): PoolAction[] {
  const silentMs = ({ lastSeenMs }: SeenWorker): number => nowMs - lastSeenMs;
  const lost = lostWorkers(nowMs, state, limits);
  const forgotten: PoolAction[] = lost.map((worker) => ({
    kind: 'forget',
    worker: worker.record.id,
    reason: `worker ${worker.record.id} was silent for ${silentMs(worker)} ms, its lease is ${limits.leaseMs} ms`,
  }));
  const isGone = (id: string): boolean => !state.workers.has(id) || lost.some(({ record }) => record.id === id);
  const orphaned = state.outstanding.flatMap((task) => {
    const reason = whyOrphaned(task, state, isGone);
    return reason === undefined ? [] : [retryOrGiveUp(task, reason)];
  });
  return [...forgotten, ...orphaned];
}

/** The workers whose heartbeat has not changed for as long as their lease. */
export function lostWorkers(
  nowMs: number,
  { workers }: Pick<PoolState, 'workers'>,
  { leaseMs }: Pick<PoolLimits, 'leaseMs'>,
): SeenWorker[] {
  return [...workers.values()].filter(({ lastSeenMs }) => nowMs - lastSeenMs >= leaseMs);
}

/** Sends a task again, or gives it up if this was its last attempt. */
export function retryOrGiveUp(task: OutstandingTask, reason: string): Exclude<PoolAction, { kind: 'forget' }> {
  const { attempts } = task;
  if (task.attempt < attempts)
    return { kind: 'resend', task, reason: `${reason}; attempt ${task.attempt + 1} of ${attempts}` };
  return { kind: 'giveUp', task, reason: `${reason}; that was attempt ${task.attempt} of ${attempts}` };
}

/** Why a task is orphaned, which means that nobody will answer it; undefined if it may still be answered. */
function whyOrphaned(
  task: OutstandingTask,
  { locations, missingBefore }: PoolState,
  isGone: (id: string) => boolean,
): string | undefined {
  const at = locations.get(task.job);
  // Only if it is missing twice in a row: a finished task leaves its queue a moment before its answer is read.
  if (at?.kind === 'missing') return missingBefore.has(task) ? `${task.id} was lost on its way` : undefined;
  const holder = at?.kind === 'held' ? at.worker : task.to.kind === 'worker' ? task.to.id : undefined;
  return holder !== undefined && isGone(holder) ? `${task.id} was with worker ${holder}, which is lost` : undefined;
}
