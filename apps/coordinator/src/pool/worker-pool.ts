import { heartbeatMs, type CoordinatorRecord } from '#protocol/pool/presence.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import { runOf, shardCount, type Answer } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { dealCopies, dealOpen, lateSums, type Dealt, type Table } from './deal/deal-all.js';
import { observedClock } from './observed-clock.js';
import { openPace } from './deal/pace.js';
import { nextJob, outstandingOf, phaseTask, type AddressedTask, type Phase, type PhaseTask } from './phase.js';
import type { PhaseTerms } from './phase.js';
import { decide, lostWorkers, type PoolAction } from './pool-decision.js';
import { seeWorkers, type Addressee, type OutstandingTask, type SeenWorker, type TaskLocation } from './pool-state.js';
import { isForOthers, isSplit, openParts, overtakenBy, splitUp } from './parts.js';
import { cancelled, failedOn, givenUp, messageOf, unsendable, unsentMs } from './phase-error.js';
import { judgeFailure, setAside, type SetAside } from './set-aside.js';
import type { Transport } from './transport.js';
import { standing, statusOf, type Standing } from './worker-standing.js';
import { openWorkloads } from './deal/workloads.js';

/** All workers together: takes the tasks of any number of runs and has them done. */
export interface WorkerPool {
  /**
   * Has all tasks done. Resolves when each is answered; a second answer to a task changes nothing (invariant W2).
   * Rejects with SHARD_FAILED if a task has failed its last attempt, with the worker's own error if it is not worth a
   * retry, and with CANCELLED if `signal` is aborted.
   */
  run(tasks: readonly AddressedTask[], terms: PhaseTerms): Promise<void>;
  workers(): readonly WorkerStatus[];
  outstandingTasks(): number;
  close(): Promise<void>;
}

export interface PoolParts {
  readonly transport: Transport;
  readonly self: CoordinatorRecord;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Calls `tick` at every heartbeat until it is stopped. Tests pass their own, and so decide when a tick comes. */
  readonly every: (tick: () => Promise<void>) => { stop(): Promise<void> };
  /** Receives one line of text for each change of the pool. */
  readonly onChange: (reason: string) => void;
}

const idleLeaseMs = 1000;
/** Tasks that need no more memory may go to whoever comes first: a worker has at least as much. */
const anyWorkerBytes = 2 ** 28;
/** How often the pool asks where each task is, unless a worker is lost: one question per task. */
const locateEveryMs = 1000;

export function openWorkerPool({ transport, self, nowMs, every, onChange }: PoolParts): WorkerPool {
  const clock = observedClock(2 * heartbeatMs);
  const pace = openPace();
  const workloads = openWorkloads();
  let observedMs = 0;
  let locatedMs = -Infinity;
  let workers = new Map<string, SeenWorker>();
  const aside = new Map<string, SetAside>();
  const phases = new Set<Phase>();
  let missingBefore = new Set<OutstandingTask>();
  let unsentSinceMs: number | undefined;

  /** The shortest lease of the runs that train: a worker is lost for all of them or for none. */
  const leaseMs = (): number => Math.min(...[...phases].map(({ limits }) => limits.leaseMs), Infinity);
  const lease = (): { readonly leaseMs: number } => ({ leaseMs: phases.size > 0 ? leaseMs() : idleLeaseMs });
  const standingOf = (worker: SeenWorker): Standing =>
    standing(worker, self, { observedMs, nowMs: nowMs() }, lease(), aside.get(worker.record.id));
  const present = (): string[] =>
    [...workers.values()].filter((worker) => standingOf(worker).isPresent).map(({ record }) => record.id);
  const memoryOf = (worker: string): number | null => workers.get(worker)?.record.memoryBytes ?? null;
  const phaseOf = (id: string): Phase | undefined => [...phases].find(({ waiting }) => waiting.has(id));

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
  /** Has a task sent again, unless it is out as another job. */
  const reopen = (id: string): void => {
    const phase = phaseOf(id);
    const task = phase?.waiting.get(id);
    if (phase && task?.out.size === 0) phase.open = [task, ...phase.open.filter((one) => one !== task)];
  };
  /** Forgets a job: nobody will answer it, or nobody needs its answer. */
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
    return { phases: [...phases], workers: present(), workloads, pace, memoryOf, nowMs: nowMs() };
  };
  const sendDealt = async (dealt: readonly Dealt[]): Promise<void> => {
    const jobs = dealt.map(({ phase, task, to }) => nextJob(task, to, phase.limits));
    for (const { phase, task } of dealt) phase.open = phase.open.filter((one) => one !== task);
    await send(jobs);
  };
  /** Sends open tasks to workers that have room for them; if none is known and any will do, to the queue for all. */
  const dealOut = (): Promise<void> =>
    sendDealt(
      workers.size > 0
        ? dealOpen(table())
        : [...phases]
            .filter(({ workerBytes }) => workerBytes <= anyWorkerBytes)
            .flatMap((phase) => phase.open.map((task) => ({ phase, task, to: { kind: 'any' } as const }))),
    );
  /** Gives workers that have nothing to do what others are late with. */
  const helpOut = async (): Promise<void> => {
    for (const { phase, task, worker } of lateSums(table())) {
      onChange(`${task.id} is late on worker ${worker}; its shards are also given to others`);
      openParts(phase, task);
    }
    await dealOut();
    const copies = dealCopies(table());
    for (const { task, copyOf } of copies)
      onChange(`${task.id} is late on worker ${copyOf}; it is also given to another`);
    await sendDealt(copies);
  };
  const perform = async (action: PoolAction): Promise<void> => {
    switch (action.kind) {
      case 'forget':
        onChange(action.reason);
        workers.delete(action.worker);
        return transport.forgetWorker(action.worker);
      case 'resend': {
        const { id } = action.task;
        const phase = phaseOf(id);
        drop(action.task);
        const task = phase?.waiting.get(id);
        if (!phase || !task || task.out.size > 0) return; // A copy of it is still out.
        onChange(action.reason);
        phase.onRetry();
        task.attempt += 1;
        if (isForOthers(phase, task, present())) splitUp(phase, task);
        else reopen(id);
        return dealOut();
      }
      case 'giveUp':
        drop(action.task);
        if (isOutElsewhere(action.task.id)) return;
        onChange(action.reason);
        phaseOf(action.task.id)?.reject(givenUp(action.task, action.reason));
        return;
    }
  };
  const tick = async (): Promise<void> => {
    await transport.announce(self);
    const known = workers;
    const records = await transport.workers();
    observedMs = clock.advance(nowMs()); // After the records were read: the time that this took says nothing of them.
    workers = seeWorkers(known, records, observedMs, nowMs());
    for (const id of workers.keys()) if (!known.has(id)) onChange(`worker ${id} joined`);
    for (const id of known.keys()) if (!workers.has(id)) onChange(`worker ${id} left`);
    workloads.see([...workers.values()].map(({ record }) => record));
    const jobs = outstandingOf(phases);
    const isLookDue =
      observedMs - locatedMs >= locateEveryMs || lostWorkers(observedMs, { workers }, lease()).length > 0;
    const locations = isLookDue ? await transport.locate(jobs) : new Map<string, TaskLocation>();
    // A phase may have begun while Redis answered: its limits count for its tasks.
    const actions = decide(
      observedMs,
      { workers, outstanding: outstandingOf(phases), locations, missingBefore },
      lease(),
    );
    if (isLookDue) {
      locatedMs = observedMs;
      missingBefore = new Set(jobs.filter(({ job }) => locations.get(job)?.kind === 'missing'));
    }
    for (const action of actions) if (action.kind === 'forget' || isOut(action.task)) await perform(action);
    await helpOut();
  };
  /** Is a copy of a task out, or are its parts? */
  const isOutElsewhere = (id: string): boolean => {
    const phase = phaseOf(id);
    const task = phase?.waiting.get(id);
    return phase !== undefined && task !== undefined && (task.out.size > 0 || isSplit(phase, task));
  };
  const isOut = (job: OutstandingTask): boolean => phaseOf(job.id)?.waiting.get(job.id)?.out.has(job) ?? false;

  /** What a worker could not do is its own trouble at first: others do it meanwhile. */
  const fail = async (phase: Phase, failed: PhaseTask, worker: string, error: TandemError): Promise<void> => {
    const others = present().filter((id) => id !== worker);
    if (others.length > 0) aside.set(worker, setAside(nowMs(), aside.get(worker), error.message));
    // Its last job, if it is out no longer: a result that could not be used.
    const job = jobOf(failed, worker) ?? { ...nextJob(failed, { kind: 'worker', id: worker }, phase.limits) };
    const verdict = judgeFailure({ task: job, worker, error, failedBy: failed.failedBy, others });
    failed.failedBy.push(worker);
    // What several could not do is nobody's own trouble. A store that was away has set others aside as well.
    if (verdict.kind === 'endRun' && new Set(failed.failedBy).size > 1) aside.clear();
    if (verdict.kind === 'endRun') phase.reject(failedOn(verdict.by, error));
    else await perform(verdict);
  };
  const receive = async (answer: Answer): Promise<void> => {
    workloads.answered(answer.worker, answer.taskId, nowMs());
    if (answer.kind !== 'failed') {
      // Also if it is late: it shows how slow the worker is.
      const { loadMs, computeMs, storeMs, worker, kind } = answer;
      const shardMs = (loadMs + computeMs + storeMs) / shardCount(answer);
      pace.done(worker, { run: runOf(answer.taskId), kind }, shardMs, nowMs());
    }
    const phase = phaseOf(answer.taskId);
    const task = phase?.waiting.get(answer.taskId);
    if (phase) phase.heardMs = nowMs();
    if (!phase || !task) return;
    if (answer.kind === 'failed') return fail(phase, task, answer.worker, TandemError.fromWire(answer.error));
    if (answer.parametersHash !== task.task.parametersHash)
      return onChange(`refused an answer to ${task.id} for other parameters, from worker ${answer.worker}`);
    const overtaken = overtakenBy(phase, task);
    const needless = [...task.out].filter((job) => job !== jobOf(task, answer.worker)).concat(overtaken);
    phase.waiting.delete(task.id);
    workloads.settle([...task.out, ...overtaken]);
    task.out.clear();
    phase.open = phase.open.filter((one) => one !== task);
    try {
      await Promise.all([withdraw(needless), dealOut(), phase.onAnswer(answer)]);
    } catch (error) {
      if (!isUnusableResult(error)) throw error;
      phase.waiting.set(task.id, task);
      return fail(phase, task, answer.worker, error);
    }
    aside.delete(answer.worker);
    phase.unread -= 1;
    if (phase.unread === 0) phase.resolve();
  };
  /** Tasks that cannot be taken back are done in vain: nobody waits for their answers. */
  const withdraw = (jobs: readonly OutstandingTask[]): Promise<void> =>
    jobs.length === 0
      ? Promise.resolve()
      : transport.withdraw(jobs).catch((error: unknown) => onChange(`tasks stay: ${messageOf(error)}`));
  transport.onAnswer((answer) => {
    const phase = phaseOf(answer.taskId);
    void receive(answer).catch((error: unknown) => phase?.reject(error));
  });
  const beat = every(tick);

  return {
    async run(tasks, { signal, ...terms }) {
      const given = tasks.map((task) => ({ to: task.to, task: phaseTask(task) }));
      let phase: Phase | undefined;
      const cancel = (): void => phase?.reject(cancelled());
      try {
        await new Promise<void>((resolve, reject) => {
          if (signal.aborted) return reject(cancelled());
          signal.addEventListener('abort', cancel, { once: true });
          phase = {
            ...terms,
            waiting: new Map(given.map(({ task }) => [task.id, task])),
            open: given.filter(({ to }) => to.kind === 'any').map(({ task }) => task),
            unread: given.length,
            heardMs: nowMs(),
            resolve,
            reject,
          };
          phases.add(phase);
          const addressed = given.filter(({ to }) => to.kind === 'worker');
          Promise.all([send(addressed.map(({ to, task }) => nextJob(task, to, terms.limits))), dealOut()]).catch(
            reject,
          );
        });
      } finally {
        signal.removeEventListener('abort', cancel);
        const left = phase ? outstandingOf([phase]) : [];
        if (phase) phases.delete(phase);
        workloads.settle(left);
        await withdraw(left);
      }
    },
    workers: () => [...workers.values()].map((worker) => statusOf(worker, standingOf(worker))),
    outstandingTasks: () => [...phases].reduce((sum, { waiting }) => sum + waiting.size, 0),
    async close() {
      await beat.stop();
      await transport.close();
    },
  };
}

function jobOf({ out }: PhaseTask, worker: string): OutstandingTask | undefined {
  const isWorkers = (to: Addressee): boolean => to.kind === 'worker' && to.id === worker;
  return [...out].find(({ to }) => isWorkers(to)) ?? [...out].find(({ to }) => to.kind === 'any');
}

/** Is the result not there, or not what the worker said that it wrote? Then it is done again. */
function isUnusableResult(error: unknown): error is TandemError {
  return error instanceof TandemError && unusable.has(error.code);
}

const unusable: ReadonlySet<ErrorCode> = new Set([ErrorCode.NotFound, ErrorCode.DataInvalid, ErrorCode.ShardFailed]);
