import type { OutstandingTask } from './pool-state.js';

/** A task that whoever is free may do. */
export interface OpenTask {
  readonly task: OutstandingTask;
  /** The worker that has loaded its samples already, if one has. */
  readonly preferred: string | undefined;
}

export interface DealtTask {
  readonly task: OutstandingTask;
  readonly worker: string;
}

/**
 * Who does which of the open tasks now; those left over wait for the next answer. Every worker gets one to work on, and
 * then one more, to load while it works, where that leaves none without: a worker must not keep in reserve what another
 * could begin. `held`: the tasks each worker has already. Pure; which worker does a task makes no difference to the
 * result.
 */
export function deal(open: readonly OpenTask[], held: ReadonlyMap<string, number>): DealtTask[] {
  const left = [...open];
  const dealt: DealtTask[] = [];
  for (const hand of [1, 2]) {
    const takers = [...held].filter(([worker, count]) => count + dealtTo(worker) < hand).map(([worker]) => worker);
    if (hand === 2 && left.length < takers.length) break;
    // Those with a head start choose first, and nobody takes another's while there is something else.
    for (const worker of takers.filter(isPreferred).concat(takers.filter((id) => !isPreferred(id)))) give(worker);
  }
  return dealt;

  function give(worker: string): void {
    const own = left.findIndex(({ preferred }) => preferred === worker);
    const nobodys = left.findIndex(({ preferred }) => preferred === undefined || !held.has(preferred));
    const [chosen] = left.splice(own >= 0 ? own : Math.max(nobodys, 0), 1);
    if (chosen) dealt.push({ task: chosen.task, worker });
  }
  function dealtTo(worker: string): number {
    return dealt.filter((one) => one.worker === worker).length;
  }
  function isPreferred(worker: string): boolean {
    return open.some(({ preferred }) => preferred === worker);
  }
}
