export interface Laps {
  loadMs: number;
  computeMs: number;
  storeMs: number;
}

/** Runs `work` and adds the time it took to one of the laps. */
export type Stopwatch = <T>(on: 'load' | 'compute' | 'store', work: () => Promise<T>) => Promise<T>;

export function startStopwatch(now: () => number): { readonly time: Stopwatch; readonly laps: Readonly<Laps> } {
  const laps: Laps = { loadMs: 0, computeMs: 0, storeMs: 0 };
  const time: Stopwatch = async (on, work) => {
    const started = now();
    const result = await work();
    laps[`${on}Ms`] += now() - started;
    return result;
  };
  return { time, laps };
}
