/** A run that has tasks for workers. */
export interface Demand {
  readonly run: string;
  readonly priority: number;
  /** Tasks that are to be sent. */
  readonly open: number;
  /** Tasks that workers have. */
  readonly held: number;
  /** Has this worker memory enough for the run? */
  fits(worker: string): boolean;
  /** Should this worker rather do one of the tasks than others? */
  prefers(worker: string): boolean;
}

/** A worker that has room for a task. */
export interface Taker {
  readonly worker: string;
  /** How many tasks it has already. */
  readonly held: number;
  /** The run whose task it had last: it still holds that run's model and parameters. */
  readonly lastRun: string | undefined;
}

/**
 * Decides for which run each worker takes its next task. Workers that have none are divided first: each goes to the
 * run of the highest priority and, among equals, to the one that has the fewest workers; it is, if possible, one that
 * should rather do a task of that run, or had its task last. What a worker takes in reserve is of the run it works for.
 * With a single run all workers go to it. Nobody gets tasks of a run that it has no memory for. A pure function. It
 * affects only the speed.
 */
export function share(demands: readonly Demand[], takers: readonly Taker[]): Map<string, Taker[]> {
  const needs = demands.map((demand) => ({ ...demand, takers: [] as Taker[] }));
  const neediest = (among: readonly Taker[]): (typeof needs)[number] | undefined =>
    needs
      .filter(({ open, fits }) => open > 0 && among.some(({ worker }) => fits(worker)))
      .toSorted((left, right) => right.priority - left.priority || left.held - right.held)[0];
  const idle = takers.filter(({ held }) => held === 0);
  while (idle.length > 0) {
    const need = neediest(idle);
    if (!need) break;
    const isWanted = ({ lastRun }: Taker): boolean => needs.some(({ run, open }) => run === lastRun && open > 0);
    const wishes = [
      ({ worker }: Taker) => need.prefers(worker),
      ({ lastRun }: Taker) => lastRun === need.run,
      (taker: Taker) => !isWanted(taker),
      () => true,
    ];
    const best = wishes
      .map((isWished) => idle.findIndex((taker) => need.fits(taker.worker) && isWished(taker)))
      .find((index) => index >= 0)!;
    give(need, idle.splice(best, 1)[0]!);
  }
  for (const taker of takers.filter(({ held }) => held > 0)) {
    const own = needs.find(({ run, open, fits }) => run === taker.lastRun && open > 0 && fits(taker.worker));
    const need = own ?? neediest([taker]);
    if (need) give(need, taker);
  }
  return new Map(needs.map(({ run, takers: given }) => [run, given]));

  function give(need: (typeof needs)[number], taker: Taker): void {
    need.takers.push(taker);
    need.open -= 1;
    need.held += 1;
  }
}
