import type { OutstandingTask, PoolState, SeenWorker } from './pool-state.js';

export interface PoolLimits {
  /** A worker not heard of for this long is lost. */
  readonly leaseMs: number;
  /** Times a task is given out before it is given up. */
  readonly attempts: number;
}

export type PoolAction =
  | { readonly kind: 'forget'; readonly worker: string; readonly reason: string }
  | { readonly kind: 'resend'; readonly task: OutstandingTask; readonly reason: string }
  | { readonly kind: 'giveUp'; readonly task: OutstandingTask; readonly reason: string };

/**
 * What to do about workers that went silent and tasks that went astray: forget the ones, and give the others out again.
 * Says why, with the numbers. Pure; the time comes in.
 */
export function decide(nowMs: number, state: PoolState, limits: PoolLimits): PoolAction[] {
  const silentMs = ({ lastSeenMs }: SeenWorker): number => nowMs - lastSeenMs;
  const lost = [...state.workers.values()].filter((worker) => silentMs(worker) >= limits.leaseMs);
  const forgotten: PoolAction[] = lost.map((worker) => ({
    kind: 'forget',
    worker: worker.record.id,
    reason: `worker ${worker.record.id} was silent for ${silentMs(worker)} ms, its lease is ${limits.leaseMs} ms`,
  }));
  const isGone = (id: string): boolean => !state.workers.has(id) || lost.some(({ record }) => record.id === id);
  const again = [...state.outstanding.values()].flatMap((task) => {
    const reason = astray(task, state, isGone);
    return reason === undefined ? [] : [anew(task, reason, limits)];
  });
  return [...forgotten, ...again];
}

/** Give a task out again, unless it had its last attempt. */
export function anew(task: OutstandingTask, reason: string, { attempts }: Pick<PoolLimits, 'attempts'>): PoolAction {
  if (task.attempt < attempts)
    return { kind: 'resend', task, reason: `${reason}; attempt ${task.attempt + 1} of ${attempts}` };
  return { kind: 'giveUp', task, reason: `${reason}; that was attempt ${task.attempt} of ${attempts}` };
}

/** Why a task will not be answered, or undefined where it may be. */
function astray(
  task: OutstandingTask,
  { location: whereabouts, missingBefore }: PoolState,
  isGone: (id: string) => boolean,
): string | undefined {
  const at = whereabouts.get(task.id);
  // Twice in a row: a task is gone from its queue a moment before its answer is read.
  if (at?.kind === 'missing') return missingBefore.has(task) ? `${task.id} was lost on its way` : undefined;
  const holder = at?.kind === 'held' ? at.worker : task.to.kind === 'worker' ? task.to.id : undefined;
  return holder !== undefined && isGone(holder) ? `${task.id} was with worker ${holder}, which is lost` : undefined;
}
