import type { Cluster } from '../cluster.js';
import type { FaultKind } from '../kinds.js';
import type { Fault } from '../schedule.js';

/** What came of a fault. */
export interface Effect {
  /** Whether it struck: a worker that was killed held a task, a store that was full refused a write. */
  readonly acted: boolean;
  /** Resolves with the same, where it is known only later. */
  readonly actedLater?: Promise<boolean>;
  /** When it struck and when it was over, in milliseconds of `performance.now()`. */
  readonly startMs: number;
  readonly endMs: number;
  /** For people: what was struck, and how. */
  readonly what: string;
}

/** Carries a fault out, and resolves when it is over. `isOver`: whether the run is completed, and waiting in vain. */
export type Strike = (fault: Fault, cluster: Cluster, isOver: () => boolean) => Promise<Effect>;
export type Strikes<Kind extends FaultKind> = Readonly<Record<Kind, Strike>>;
/** What a fault needs: a process that takes many steps to start. */
export interface Preparation {
  /** Starts it a few rounds ahead, if it is not there. Resolves when it is ready, or nearly. */
  start(cluster: Cluster): Promise<unknown>;
  isReady(cluster: Cluster): boolean;
}
export type Preparations = Readonly<Partial<Record<FaultKind, Preparation>>>;

export const nowMs = (): number => performance.now();

/** Polls until `value` gives something, for at most `withinMs`. */
export async function waitFor<T>(
  value: () => Promise<T | undefined> | T | undefined,
  withinMs: number,
): Promise<T | undefined> {
  for (const deadline = nowMs() + withinMs; ;) {
    const found = await value();
    if (found !== undefined || nowMs() > deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
