/** A task that any worker may do and that is not sent out yet. */
export interface OpenTask {
  /** The worker that has already loaded its samples, if there is one. */
  readonly preferred: string | undefined;
}

export interface DealtTask<T> {
  readonly task: T;
  readonly worker: string;
}

/**
 * Decides which worker gets which of the open tasks now; the rest wait for the next answer. Every worker gets one task
 * to work on. It gets a second, whose samples it loads while it computes the first, only if there are enough for every
 * worker: nobody should keep in reserve what another could begin. `held`: how many tasks each worker has already.
 * A pure function. It affects only the speed: the result does not depend on which worker does a task.
 */
export function deal<T extends OpenTask>(open: readonly T[], held: ReadonlyMap<string, number>): DealtTask<T>[] {
  const left = [...open];
  const dealt: DealtTask<T>[] = [];
  for (const hand of [1, 2]) {
    const takers = [...held].filter(([worker, count]) => count + dealtTo(worker) < hand).map(([worker]) => worker);
    if (hand === 2 && left.length < takers.length) break;
    // Workers that have loaded a shard choose first, and nobody takes a shard that another has loaded unless all are.
    for (const worker of takers.filter(isPreferred).concat(takers.filter((id) => !isPreferred(id)))) give(worker);
  }
  return dealt;

  function give(worker: string): void {
    const own = left.findIndex(({ preferred }) => preferred === worker);
    const nobodys = left.findIndex(({ preferred }) => preferred === undefined || !held.has(preferred));
    const [chosen] = left.splice(own >= 0 ? own : Math.max(nobodys, 0), 1);
    if (chosen) dealt.push({ task: chosen, worker });
  }
  function dealtTo(worker: string): number {
    return dealt.filter((one) => one.worker === worker).length;
  }
  function isPreferred(worker: string): boolean {
    return open.some(({ preferred }) => preferred === worker);
  }
}
