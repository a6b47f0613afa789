import { holdsRun } from '#encoder/worker-memory.js';
import { deal } from './deal.js';
import type { Pace } from './pace.js';
import { isDivisible, isSplit } from '../parts.js';
import type { Phase, PhaseTask } from '../phase.js';
import type { Addressee } from '../pool-state.js';
import { share } from './share.js';
import { isHeardFrom, isLate, leavesItToOthers, type TaskTime } from './straggler.js';
import { jobsWanted } from '../verify/votes.js';
import type { Workload, Workloads } from './workloads.js';

/** A task that is to be sent. */
export interface Dealt {
  readonly phase: Phase;
  readonly task: PhaseTask;
  readonly to: Addressee;
  /** If it is a copy: the worker that is late with the task. */
  readonly copyOf?: string;
}

export interface Table {
  readonly phases: readonly Phase[];
  /** The workers that may be given tasks. */
  readonly workers: readonly string[];
  readonly workloads: Workloads;
  readonly pace: Pace;
  /** The memory of a worker, if it is known. */
  memoryOf(worker: string): number | null;
  /** Not if a worker is to confirm its own result. */
  mayDo(task: PhaseTask, worker: string): boolean;
  readonly nowMs: number;
}

/** Decides which worker gets which open task of which run now. It affects only the speed. */
export function dealOpen(table: Table): Dealt[] {
  const { phases } = table;
  const open = phases.reduce((sum, phase) => sum + phase.open.length, 0);
  if (open === 0) return [];
  const loads = loadsAt(table);
  const mayTake = takes(table, loads, open);
  const shares = share(
    phases.map((phase) => ({
      prefers: preferenceOf(phase),
      ...{ run: phase.run, priority: phase.priority(), open: phase.open.length },
      fits: (worker: string) => phase.open.some((task) => mayTake(phase, task, worker)),
      held: loads.reduce((sum, { jobs }) => sum + jobs.filter(({ task }) => task.run === phase.run).length, 0),
    })),
    loads
      .filter(({ jobs }) => jobs.length < 2)
      .map(({ worker, jobs, lastRun }) => ({ worker, held: jobs.length, lastRun })),
  );
  return phases.flatMap((phase) => {
    const held = new Map(shares.get(phase.run)!.map((taker) => [taker.worker, taker.held]));
    return deal(phase.open, held, (task, worker) => mayTake(phase, task, worker)).map(({ task, worker }) => ({
      phase,
      task,
      to: { kind: 'worker', id: worker } as const,
    }));
  });
}

function preferenceOf({ open }: Phase): (worker: string) => boolean {
  const workers = new Set(open.map(({ preferred }) => preferred));
  return (worker) => workers.has(worker);
}

/**
 * Tells who may take what. A worker that is late with what it has takes nothing. One that is so slow that the others
 * would have done all before it takes only what none of them may do.
 */
function takes(
  { phases, pace, memoryOf, mayDo, nowMs }: Table,
  loads: readonly Workload[],
  open: number,
): (phase: Phase, task: PhaseTask, worker: string) => boolean {
  const factor = Math.min(...phases.map(({ limits }) => limits.stragglerFactor));
  const onTime = loads.filter((load) => !isLate(timeOf(load, pace), factor)).map(({ worker }) => worker);
  const fast = onTime.filter((worker) => pace.slowness(worker, nowMs) < factor);
  const leftOut = new Set(
    onTime.filter((worker) => leavesItToOthers(pace.slowness(worker, nowMs), open, fast.length, factor)),
  );
  const takers = new Set(onTime);
  const isAble = (phase: Phase, task: PhaseTask, worker: string): boolean =>
    holdsRun(memoryOf(worker), phase.workerBytes) && mayDo(task, worker);
  return (phase, task, worker) =>
    takers.has(worker) &&
    isAble(phase, task, worker) &&
    !(leftOut.has(worker) && fast.some((other) => isAble(phase, task, other)));
}

/** Decides which of the workers that have nothing to do get copies of tasks that are late elsewhere. */
export function dealCopies(table: Table): Dealt[] {
  const { pace, memoryOf, nowMs } = table;
  const loads = loadsAt(table);
  const idle = loads.filter(({ jobs }) => jobs.length === 0);
  const takers = idle.toSorted((left, right) => pace.slowness(left.worker, nowMs) - pace.slowness(right.worker, nowMs));
  const copies: Dealt[] = [];
  for (const { phase, task, worker, slowness } of lateTasks(table, loads)) {
    const taker = takers.find(
      (one) => holdsRun(memoryOf(one.worker), phase.workerBytes) && table.mayDo(task, one.worker),
    );
    if (isDivisible(task) || !taker || pace.slowness(taker.worker, nowMs) >= slowness) continue;
    takers.splice(takers.indexOf(taker), 1);
    copies.push({ phase, task, to: { kind: 'worker', id: taker.worker }, copyOf: worker });
  }
  return copies;
}

/** A task of which no copy is out, to a worker that is late. */
interface LateTask {
  readonly phase: Phase;
  readonly task: PhaseTask;
  readonly worker: string;
  /** The time that the worker has taken over that of its peers. */
  readonly slowness: number;
}

/** The late tasks of several shards whose parts are to be opened: somebody who is faster has nothing to do. */
export function lateSums(table: Table): LateTask[] {
  const { pace, nowMs } = table;
  const loads = loadsAt(table);
  const idle = loads.filter(({ jobs }) => jobs.length === 0);
  return lateTasks(table, loads).filter(
    ({ phase, task, slowness }) =>
      isDivisible(task) && !isSplit(phase, task) && idle.some(({ worker }) => pace.slowness(worker, nowMs) < slowness),
  );
}

function loadsAt({ workers, workloads, nowMs }: Table): Workload[] {
  return workers.map((worker) => workloads.of(worker, nowMs));
}

function lateTasks({ phases, pace, nowMs }: Table, loads: readonly Workload[]): LateTask[] {
  return loads.flatMap((load) => {
    const { worker, jobs } = load;
    const of = phases.find(({ run }) => run === jobs[0]?.task.run);
    const time = timeOf(load, pace);
    if (!of || !isLate(time, of.limits.stragglerFactor)) return [];
    return jobs.flatMap(({ id }) => {
      const phase = phases.find(({ waiting }) => waiting.has(id));
      const task = phase?.waiting.get(id);
      if (!phase || !task || task.out.size !== jobsWanted(task) || isHeardFrom(nowMs - phase.heardMs)) return [];
      return [{ phase, task, worker, slowness: time.elapsedMs / time.typicalMs! }];
    });
  });
}

function timeOf({ worker, jobs: [first], elapsedMs }: Workload, pace: Pace): TaskTime {
  const shardMs = first && pace.typicalMs(first.task, worker);
  return { elapsedMs, typicalMs: shardMs === undefined ? undefined : shardMs * first!.task.shards };
}
