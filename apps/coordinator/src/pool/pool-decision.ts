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
 * What to do about workers that went silent: forget them, and give their tasks to others. Says why, with the numbers.
 * Pure; the time comes in.
 */
export function decide(nowMs: number, { workers, outstanding }: PoolState, limits: PoolLimits): PoolAction[] {
  const silentMs = ({ lastSeenMs }: SeenWorker): number => nowMs - lastSeenMs;
  const lost = [...workers.values()].filter((worker) => silentMs(worker) >= limits.leaseMs);
  const forgotten: PoolAction[] = lost.map((worker) => ({
    kind: 'forget',
    worker: worker.record.id,
    reason: `worker ${worker.record.id} was silent for ${silentMs(worker)} ms, its lease is ${limits.leaseMs} ms`,
  }));
  const gone = (id: string): boolean => !workers.has(id) || lost.some(({ record }) => record.id === id);
  const orphaned = [...outstanding.values()].flatMap((task) => {
    const holder = holderOf(task, workers);
    return holder !== undefined && gone(holder) ? [anew(task, `${task.id} was with worker ${holder}, which is lost`, limits)] : [];
  });
  return [...forgotten, ...orphaned];
}

/** Give a task out again, unless it had its last attempt. */
export function anew(task: OutstandingTask, reason: string, { attempts }: Pick<PoolLimits, 'attempts'>): PoolAction {
  if (task.attempt < attempts) return { kind: 'resend', task, reason: `${reason}; attempt ${task.attempt + 1} of ${attempts}` };
  return { kind: 'giveUp', task, reason: `${reason}; that was attempt ${task.attempt} of ${attempts}` };
}

/** Who works on a task, or must: the worker it was addressed to, or the one that says it has it. */
function holderOf({ id, to }: OutstandingTask, workers: PoolState['workers']): string | undefined {
  if (to.kind === 'worker') return to.id;
  return [...workers.values()].find(({ record }) => record.task === id)?.record.id;
}
