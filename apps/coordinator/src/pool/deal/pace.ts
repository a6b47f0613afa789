import type { Task } from '#protocol/pool/task.js';

/** How long tasks take, and how slow each worker is beside its peers. */
export interface Pace {
  /** Notes that a worker has done a task in this time. */
  done(worker: string, task: Task, tookMs: number, nowMs: number): void;
  /** Notes that a worker has had a task for this long and has not answered. */
  late(worker: string, task: Task, tookMs: number, nowMs: number): void;
  /** The median time of the newest tasks of this kind in this run, without those of one worker; undefined if none. */
  typicalMs(task: Task, without?: string): number | undefined;
  /** A worker's time over that of its peers, of late: 1 if nothing is known of it. */
  slowness(worker: string, nowMs: number): number;
}

/** Tasks of one kind and run whose times are kept, and how many kinds of runs are. */
const [timesMax, groupsMax] = [32, 64];
/** A worker that was slow is tried again after this long. */
const forgottenMs = 30_000;
/** The weight of the newest time in the running mean of a worker. */
const newest = 0.5;

export function openPace(): Pace {
  const groups = new Map<string, { readonly worker: string; readonly tookMs: number }[]>();
  const workers = new Map<string, { readonly slowness: number; readonly atMs: number }>();
  const groupOf = ({ run, kind }: Task): string => `${run} ${kind}`;
  const typicalMs = (task: Task, without?: string): number | undefined =>
    median((groups.get(groupOf(task)) ?? []).flatMap(({ worker, tookMs }) => (worker === without ? [] : tookMs)));
  const slowness = (worker: string, nowMs: number): number => {
    const known = workers.get(worker);
    return known && nowMs - known.atMs < forgottenMs ? known.slowness : 1;
  };
  return {
    done(worker, task, tookMs, nowMs) {
      const peersMs = typicalMs(task, worker);
      const name = groupOf(task);
      const times = groups.get(name) ?? [];
      groups.delete(name); // The group that was used last is the last one.
      groups.set(name, [...times.slice(1 - timesMax), { worker, tookMs }]);
      for (const oldest of [...groups.keys()].slice(0, -groupsMax)) groups.delete(oldest);
      if (peersMs === undefined || peersMs === 0) return;
      const mean = (1 - newest) * slowness(worker, nowMs) + newest * (tookMs / peersMs);
      workers.set(worker, { slowness: mean, atMs: nowMs });
    },
    late(worker, task, tookMs, nowMs) {
      const peersMs = typicalMs(task, worker);
      if (peersMs === undefined || peersMs === 0) return;
      workers.set(worker, { slowness: Math.max(slowness(worker, nowMs), tookMs / peersMs), atMs: nowMs });
    },
    typicalMs,
    slowness,
  };
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)];
}
