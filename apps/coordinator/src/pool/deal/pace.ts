import type { Task } from '#protocol/pool/task.js';

/** Tasks that take about as long as one another: those of one pass of one run. */
export type TaskKind = Pick<Task, 'run' | 'kind'>;

/** How long tasks take, and how slow each worker is beside its peers. */
export interface Pace {
  /** Notes that a worker has done a task in this time, or, if it is of several shards, in this time for each. */
  done(worker: string, kind: TaskKind, tookMs: number, nowMs: number): void;
  /** The median time of a shard of this kind in this run, without those of one worker; undefined if there are none. */
  typicalMs(kind: TaskKind, without?: string): number | undefined;
  /** A worker's time over that of its peers, of late: 1 if nothing is known of it. */
  slowness(worker: string, nowMs: number): number;
}

/** Tasks of one kind and run whose times are kept, and how many kinds of runs are. */
const [timesMax, groupsMax] = [32, 64];
const workersMax = 4096;
/**
 * A worker that was slow is tried again after this long, and after this many times what its task took: a trial costs
 * the time until the task counts as late.
 */
const [forgottenMs, forgottenTasks] = [10_000, 20];
/**
 * What its first task of a kind has shown is forgotten after this many times what that took: a process that has only
 * just started is slow once.
 */
const firstForgottenTasks = 2;
/** The weight of the newest time in the running mean of a worker. */
const newestWeight = 0.5;
/** The kinds of tasks that a worker is known to have done: two passes of a few runs. */
const kindsMax = 16;

/** A worker's time over that of its peers, and until when this counts. */
interface Observed {
  readonly slowness: number;
  readonly untilMs: number;
}

/** What is known of a worker. */
interface KnownWorker {
  /** By its tasks but the first of each kind. */
  readonly usual: Observed;
  /** By the newest of those, as long as it counts. */
  readonly first: Observed;
  /** What it has done, the newest at the end. */
  readonly kinds: readonly string[];
}

const unknown: KnownWorker = { usual: { slowness: 1, untilMs: 0 }, first: { slowness: 1, untilMs: 0 }, kinds: [] };

export function openPace(): Pace {
  const groups = new Map<string, Group>();
  const workers = new Map<string, KnownWorker>();
  const groupOf = ({ run, kind }: TaskKind): string => `${run} ${kind}`;
  const typicalMs = (kind: TaskKind, without?: string): number | undefined =>
    median(groups.get(groupOf(kind))?.byTime ?? [], without);
  const slowness = (worker: string, nowMs: number): number => {
    const { usual, first } = workers.get(worker) ?? unknown;
    return [first, usual].find(({ untilMs }) => nowMs < untilMs)?.slowness ?? 1;
  };
  return {
    done(worker, kind, tookMs, nowMs) {
      const peersMs = typicalMs(kind, worker);
      const name = groupOf(kind);
      const newest = [...(groups.get(name)?.newest ?? []).slice(1 - timesMax), { worker, tookMs }];
      groups.delete(name); // The group that was used last is the last one.
      groups.set(name, { newest, byTime: newest.toSorted((left, right) => left.tookMs - right.tookMs) });
      for (const oldest of [...groups.keys()].slice(0, -groupsMax)) groups.delete(oldest);
      if (peersMs === undefined || peersMs === 0) return;
      const { usual, first, kinds } = workers.get(worker) ?? unknown;
      const isFirst = !kinds.includes(name);
      const before = nowMs < usual.untilMs ? usual.slowness : 1;
      const mean = (1 - newestWeight) * before + newestWeight * (tookMs / peersMs);
      workers.delete(worker);
      workers.set(worker, {
        ...(isFirst
          ? { usual, first: { slowness: mean, untilMs: nowMs + firstForgottenTasks * tookMs } }
          : { usual: { slowness: mean, untilMs: nowMs + Math.max(forgottenMs, forgottenTasks * tookMs) }, first }),
        kinds: [...kinds.filter((kind) => kind !== name), name].slice(-kindsMax),
      });
      for (const oldest of [...workers.keys()].slice(0, -workersMax)) workers.delete(oldest);
    },
    typicalMs,
    slowness,
  };
}

interface TaskDuration {
  readonly worker: string;
  readonly tookMs: number;
}

interface Group {
  /** The last ones, in the order in which they ended. */
  readonly newest: readonly TaskDuration[];
  /** The same, the shortest first: the median is asked for much more often than a task ends. */
  readonly byTime: readonly TaskDuration[];
}

function median(byTime: readonly TaskDuration[], without: string | undefined): number | undefined {
  let count = 0;
  for (const { worker } of byTime) if (worker !== without) count++;
  let before = Math.floor((count - 1) / 2);
  return byTime.find(({ worker }) => worker !== without && before-- === 0)?.tookMs;
}
