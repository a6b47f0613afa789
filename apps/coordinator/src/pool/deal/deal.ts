/** A task that any worker may do and that is not sent out yet. */
export interface OpenTask {
  /** The worker that should rather do it: it has loaded its samples, or does its neighbours. */
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
 * Nobody gets what it may not do. A pure function. It affects only the speed: the result does not depend on which
 * worker does a task.
 */
export function deal<T extends OpenTask>(
  open: readonly T[],
  held: ReadonlyMap<string, number>,
  mayDo: (task: T, worker: string) => boolean = () => true,
): DealtTask<T>[] {
  const left = [...open];
  const dealt: DealtTask<T>[] = [];
  for (const hand of [1, 2]) {
    const takers = [...held].filter(([worker, count]) => count + dealtTo(worker) < hand).map(([worker]) => worker);
    if (hand === 2 && left.length < takers.length) break;
    // Workers that are preferred for a task choose first, and nobody takes what another should do unless all is such.
    for (const worker of takers.filter(isPreferred).concat(takers.filter((id) => !isPreferred(id)))) give(worker);
  }
  return dealt;

  function give(worker: string): void {
    const possible = left.filter((task) => mayDo(task, worker));
    const own = possible.find((task) => task.preferred === worker);
    const nobodys = possible.find((task) => !isMissed(task));
    const chosen = own ?? nobodys ?? leastMissed(possible);
    if (!chosen) return;
    left.splice(left.indexOf(chosen), 1);
    dealt.push({ task: chosen, worker });
  }
  /** Is there another worker that should rather do it? */
  function isMissed(task: T): boolean {
    return task.preferred !== undefined && held.has(task.preferred) && mayDo(task, task.preferred);
  }
  /** The last task of the worker that has the most before it: what is left to that worker are neighbours still. */
  function leastMissed(possible: readonly T[]): T | undefined {
    const counts = new Map<string | undefined, number>();
    for (const { preferred } of possible) counts.set(preferred, (counts.get(preferred) ?? 0) + 1);
    const most = Math.max(...counts.values());
    return possible.findLast(({ preferred }) => counts.get(preferred) === most);
  }
  function dealtTo(worker: string): number {
    return dealt.filter((one) => one.worker === worker).length;
  }
  function isPreferred(worker: string): boolean {
    return open.some((task) => task.preferred === worker && mayDo(task, worker));
  }
}
