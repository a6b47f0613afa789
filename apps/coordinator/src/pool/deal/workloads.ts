import type { WorkerRecord } from '#protocol/pool/presence.js';
import type { OutstandingTask } from '../pool-state.js';

/** What one worker has to do, in the order in which it does it. */
export interface Workload {
  readonly worker: string;
  readonly jobs: readonly OutstandingTask[];
  /** How long it has been at the first of them. */
  readonly elapsedMs: number;
  /** The run whose task it was given last: it still holds that run's model and parameters. */
  readonly lastRun: string | undefined;
}

/** The jobs that each worker has, also those whose answers nobody needs any more: it may be at one. */
export interface Workloads {
  of(worker: string, nowMs: number): Workload;
  add(job: OutstandingTask, nowMs: number): void;
  /** The worker will not answer this job. */
  drop(job: OutstandingTask): void;
  answered(worker: string, task: string, nowMs: number): void;
  /** Nobody needs the answers to these jobs. Those that wait are taken back; a worker ends what it is at. */
  settle(jobs: readonly OutstandingTask[]): void;
  /** What the workers say that they are doing. */
  see(records: readonly WorkerRecord[]): void;
}

interface Entry {
  readonly job: OutstandingTask;
  readonly addedMs: number;
  isNeeded: boolean;
}

interface Line {
  entries: readonly Entry[];
  /** When it gave its last answer. */
  freeSinceMs: number;
  lastRun: string | undefined;
}

export function openWorkloads(): Workloads {
  const lines = new Map<string, Line>();
  const lineOf = ({ to }: OutstandingTask): Line | undefined => {
    if (to.kind === 'any') return undefined;
    const line = lines.get(to.id) ?? { entries: [], freeSinceMs: -Infinity, lastRun: undefined };
    lines.set(to.id, line);
    return line;
  };
  return {
    of(worker, nowMs) {
      const { entries, freeSinceMs, lastRun } = lines.get(worker) ?? {
        entries: [],
        freeSinceMs: nowMs,
        lastRun: undefined,
      };
      const [first] = entries;
      const elapsedMs = first ? nowMs - Math.max(first.addedMs, freeSinceMs) : 0;
      return { worker, jobs: entries.map(({ job }) => job), elapsedMs, lastRun };
    },
    add(job, nowMs) {
      const line = lineOf(job);
      if (!line) return;
      line.entries = [...line.entries, { job, addedMs: nowMs, isNeeded: true }];
      line.lastRun = job.task.run;
    },
    drop(job) {
      const line = lineOf(job);
      if (line) line.entries = line.entries.filter((entry) => entry.job !== job);
    },
    answered(worker, task, nowMs) {
      const line = lines.get(worker);
      if (!line) return;
      const answered = line.entries.find(({ job }) => job.id === task);
      line.entries = line.entries.filter((entry) => entry !== answered);
      line.freeSinceMs = nowMs;
    },
    settle(jobs) {
      for (const job of jobs) {
        const line = lineOf(job);
        if (!line) continue;
        const [first, ...rest] = line.entries;
        if (first?.job === job) first.isNeeded = false;
        else line.entries = first ? [first, ...rest.filter((entry) => entry.job !== job)] : [];
      }
    },
    see(records) {
      const tasks = new Map(records.map(({ id, task }) => [id, task]));
      for (const [worker, line] of lines)
        if (!tasks.has(worker)) lines.delete(worker);
        else line.entries = line.entries.filter(({ isNeeded, job }) => isNeeded || job.id === tasks.get(worker));
    },
  };
}
