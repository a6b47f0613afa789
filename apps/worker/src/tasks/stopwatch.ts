/** Where the time of a task went, as its answer says. What is done once for several tasks is left out. */
export interface Laps {
  loadMs: number;
  computeMs: number;
  storeMs: number;
}

/** The parts of a task, by what their spans are called. */
const parts = {
  open: 'open run',
  parameters: 'read parameters',
  load: 'load samples',
  compute: 'compute',
  store: 'read and write blobs',
} as const;

/** Runs `work` and notes the time it took. */
export type Stopwatch = <T>(on: keyof typeof parts, work: () => Promise<T>) => Promise<T>;

/** `onPart` hears of each part once it is over, by the clock of `now`. */
export function startStopwatch(
  now: () => number,
  onPart?: (name: string, startedMs: number, endedMs: number) => void,
): { readonly time: Stopwatch; readonly laps: Readonly<Laps> } {
  const laps: Laps = { loadMs: 0, computeMs: 0, storeMs: 0 };
  const time: Stopwatch = async (on, work) => {
    const started = now();
    const result = await work();
    const ended = now();
    if (on !== 'open' && on !== 'parameters') laps[`${on}Ms`] += ended - started;
    onPart?.(parts[on], started, ended);
    return result;
  };
  return { time, laps };
}
