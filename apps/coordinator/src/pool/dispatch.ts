import { holdsRun } from '#encoder/worker-memory.js';
import { dealCopies, dealOpen, lateSums, type Dealt, type Table } from './deal/deal-all.js';
import type { Pace } from './deal/pace.js';
import type { Workloads } from './deal/workloads.js';
import { openParts } from './parts.js';
import { messageOf, unsendable, unsentMs } from './phase-error.js';
import { nextJob, type Phase } from './phase.js';
import type { OutstandingTask } from './pool-state.js';
import type { Roster } from './roster.js';
import type { Transport } from './transport.js';
import { jobsWanted, mayVote, type Electorate } from './verify/votes.js';

/** Sends the tasks of all phases to workers. */
export interface Dispatch {
  readonly phases: Set<Phase>;
  /** The phase in which a task waits for its answer. */
  phaseOf(id: string): Phase | undefined;
  /** The workers that could confirm what another has computed of a phase's tasks. */
  electorateOf(phase: Phase): Electorate;
  send(jobs: readonly OutstandingTask[]): Promise<void>;
  /** Has a task sent again, unless it is out as often as it should be. */
  reopen(id: string): void;
  /** Forgets a job: nobody will answer it, or nobody needs its answer. */
  drop(job: OutstandingTask): void;
  /** Sends open tasks to workers that have room for them; if none is known and any will do, to the queue for all. */
  dealOut(): Promise<void>;
  /** The same, and gives workers that have nothing to do what others are late with. */
  helpOut(): Promise<void>;
  /** Takes jobs back, if no worker has begun them. The others are done in vain: nobody waits for their answers. */
  withdraw(jobs: readonly OutstandingTask[]): Promise<void>;
}

export interface DispatchParts {
  readonly phases: Set<Phase>;
  readonly transport: Pick<Transport, 'send' | 'withdraw'>;
  readonly roster: Roster;
  readonly workloads: Workloads;
  readonly pace: Pace;
  readonly nowMs: () => number;
  readonly onChange: (reason: string) => void;
}

/** Tasks that need no more memory may go to whoever comes first: a worker has at least as much. */
const anyWorkerBytes = 2 ** 28;

export function openDispatch({ phases, transport, roster, workloads, pace, nowMs, onChange }: DispatchParts): Dispatch {
  let unsentSinceMs: number | undefined;
  const memoryOf = (worker: string): number | null => roster.record(worker)?.memoryBytes ?? null;
  const phaseOf = (id: string): Phase | undefined => [...phases].find(({ waiting }) => waiting.has(id));
  const electorateOf = ({ workerBytes }: Phase): Electorate => ({
    workers: roster.present().filter((worker) => holdsRun(memoryOf(worker), workerBytes)),
    arithmeticOf: (worker) => roster.record(worker)?.arithmetic,
  });

  /** Puts tasks back that could not be sent, to be sent at the next tick: that Redis is away uses up no attempts. */
  const putBack = (jobs: readonly OutstandingTask[], error: unknown): void => {
    jobs.forEach(drop);
    const unsent = [...new Set(jobs.map(({ id }) => id))];
    for (const id of unsent) reopen(id);
    if (phases.size === 0) return;
    if (unsentSinceMs === undefined) onChange(`tasks cannot be sent: ${messageOf(error)}`);
    unsentSinceMs ??= nowMs();
    if (nowMs() - unsentSinceMs >= unsentMs) phases.forEach((phase) => phase.reject(unsendable(error)));
  };
  const reopen = (id: string): void => {
    const phase = phaseOf(id);
    const task = phase?.waiting.get(id);
    if (!phase || !task || task.out.size >= jobsWanted(task) || phase.open.includes(task)) return;
    phase.open = [task, ...phase.open];
  };
  const drop = (job: OutstandingTask): void => {
    phaseOf(job.id)?.waiting.get(job.id)?.out.delete(job);
    workloads.drop(job);
  };
  const send = async (jobs: readonly OutstandingTask[]): Promise<void> => {
    if (jobs.length === 0) return;
    for (const job of jobs) {
      phaseOf(job.id)?.waiting.get(job.id)?.out.add(job);
      workloads.add(job, nowMs());
    }
    try {
      await transport.send(jobs);
      unsentSinceMs = undefined;
    } catch (error) {
      putBack(jobs, error);
    }
  };
  const table = (): Table => {
    const electorates = new Map<Phase, Electorate>();
    const electorate = (phase: Phase): Electorate => {
      const known = electorates.get(phase) ?? electorateOf(phase);
      electorates.set(phase, known);
      return known;
    };
    return {
      ...{ phases: [...phases], workers: roster.present(), workloads, pace, memoryOf, nowMs: nowMs() },
      mayDo: (task, worker) => !task.isVerified || mayVote(task, worker, electorate(phaseOf(task.id)!)),
    };
  };
  const sendDealt = async (dealt: readonly Dealt[]): Promise<void> => {
    const jobs = dealt.map(({ phase, task, to }) => nextJob(task, to, phase.limits));
    const tasks = new Set(dealt.map(({ task }) => task));
    for (const phase of new Set(dealt.map((one) => one.phase)))
      phase.open = phase.open.filter((one) => !tasks.has(one));
    await send(jobs);
  };
  const nextDealt = (): readonly Dealt[] =>
    roster.workers().size > 0
      ? dealOpen(table())
      : [...phases]
          .filter(({ workerBytes }) => workerBytes <= anyWorkerBytes)
          .flatMap((phase) => phase.open.map((task) => ({ phase, task, to: { kind: 'any' } as const })))
          .filter(({ task }) => task.out.size === 0 && task.votes.length === 0);
  const dealOut = async (): Promise<void> => {
    if (![...phases].some(({ open }) => open.length > 0)) return;
    // Again and again: a task that two workers are to do is dealt to one at a time.
    for (const sent: Promise<void>[] = []; ;) {
      const dealt = nextDealt();
      sent.push(sendDealt(dealt));
      const again = dealt.filter(({ task }) => task.out.size < jobsWanted(task));
      for (const { phase, task } of again) phase.open = [...phase.open, task]; // After those that nobody has begun.
      if (again.length === 0) return void (await Promise.all(sent));
    }
  };

  return {
    ...{ phases, phaseOf, electorateOf, send, reopen, drop, dealOut },
    async helpOut() {
      for (const { phase, task, worker } of lateSums(table())) {
        onChange(`${task.id} is late on worker ${worker}; its shards are also given to others`);
        openParts(phase, task);
      }
      await dealOut();
      const copies = dealCopies(table());
      for (const { task, copyOf } of copies)
        onChange(`${task.id} is late on worker ${copyOf}; it is also given to another`);
      await sendDealt(copies);
    },
    withdraw: (jobs) =>
      jobs.length === 0
        ? Promise.resolve()
        : transport.withdraw(jobs).catch((error: unknown) => onChange(`tasks stay: ${messageOf(error)}`)),
  };
}
