import { heartbeatMs, type CoordinatorRecord } from '#protocol/pool/presence.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import { taskId, type Answer, type ShardAnswer, type Task } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { deal, type OpenTask } from './deal.js';
import { observedClock } from './observed-clock.js';
import { decide, lostWorkers, type PoolAction, type PoolLimits } from './pool-decision.js';
import { seeWorkers, type Addressee, type OutstandingTask, type SeenWorker, type TaskLocation } from './pool-state.js';
import { cancelled, failedOn, givenUp, messageOf, unsendable, unsentMs } from './phase-error.js';
import { judgeFailure, setAside, type SetAside } from './set-aside.js';
import type { Transport } from './transport.js';
import { standing, statusOf, type Standing } from './worker-standing.js';

export interface AddressedTask {
  readonly task: Task;
  readonly to: Addressee;
  /** If any worker may do the task: the one that has already loaded its samples. */
  readonly preferred?: string | undefined;
}

export interface RunTasksOptions {
  readonly limits: PoolLimits;
  readonly signal: AbortSignal;
  /** Called once for each task, in the order in which answers arrive. An error that it throws ends the phase. */
  onAnswer(answer: ShardAnswer): Promise<void>;
}

/** All workers together: takes tasks and has them done. */
export interface WorkerPool {
  /**
   * Has all tasks done. Resolves when each is answered; a second answer to a task changes nothing (invariant W2).
   * Rejects with SHARD_FAILED if a task has failed its last attempt, with the worker's own error if it is not worth a
   * retry, and with CANCELLED if `signal` is aborted.
   */
  run(tasks: readonly AddressedTask[], options: RunTasksOptions): Promise<void>;
  workers(): readonly WorkerStatus[];
  outstandingTasks(): number;
  /** How many times a task was sent out again since the start. */
  retries(): number;
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

interface Phase {
  readonly limits: PoolLimits;
  /** Tasks whose answer has not come yet. */
  readonly waiting: Set<string>;
  /** How many answers have not come, or are not read yet. */
  unread: number;
  /** The workers that could not do a task, by its id. */
  readonly failedBy: Map<string, readonly string[]>;
  /** Tasks that are not sent out yet. */
  open: readonly OpenTask[];
  readonly onAnswer: (answer: ShardAnswer) => Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

const idleLimits: PoolLimits = { leaseMs: 1000, attempts: 1 };
/** How often the pool asks where each task is, unless a worker is lost: one question per task. */
const locateEveryMs = 1000;

export function openWorkerPool({ transport, self, nowMs, every, onChange }: PoolParts): WorkerPool {
  const clock = observedClock(2 * heartbeatMs);
  let observedMs = 0;
  let locatedMs = -Infinity;
  let workers = new Map<string, SeenWorker>();
  const aside = new Map<string, SetAside>();
  const outstanding = new Map<string, OutstandingTask>();
  let missingBefore = new Set<OutstandingTask>();
  let phase: Phase | undefined;
  let retries = 0;
  let unsentSinceMs: number | undefined;

  const standingOf = (worker: SeenWorker): Standing =>
    standing(worker, self, { observedMs, nowMs: nowMs() }, phase?.limits ?? idleLimits, aside.get(worker.record.id));
  const present = (): string[] =>
    [...workers.values()].filter((worker) => standingOf(worker).isPresent).map(({ record }) => record.id);
  /** Puts tasks back that could not be sent, to be sent at the next tick: that Redis is away uses up no attempts. */
  const putBack = (tasks: readonly OutstandingTask[], error: unknown): void => {
    tasks.forEach(({ id }) => outstanding.delete(id));
    if (!phase) return;
    phase.open = [...tasks.map(opened), ...phase.open];
    if (unsentSinceMs === undefined) onChange(`tasks cannot be sent: ${messageOf(error)}`);
    unsentSinceMs ??= nowMs();
    if (nowMs() - unsentSinceMs >= unsentMs) phase.reject(unsendable(error));
  };
  const send = async (tasks: readonly OutstandingTask[]): Promise<void> => {
    if (tasks.length === 0) return;
    tasks.forEach((task) => outstanding.set(task.id, task));
    try {
      await transport.send(tasks);
      unsentSinceMs = undefined;
    } catch (error) {
      putBack(tasks, error);
    }
  };
  /** Sends open tasks to the workers that have room for them or, if no worker is known, to the queue for all. */
  const dealOut = async (): Promise<void> => {
    if (!phase || phase.open.length === 0) return;
    const held = new Map(
      present().map((id) => [
        id,
        [...outstanding.values()].filter(({ to }) => to.kind === 'worker' && to.id === id).length,
      ]),
    );
    const given =
      workers.size === 0
        ? phase.open.map(({ task }) => task)
        : deal(phase.open, held).map(({ task, worker }) => ({ ...task, to: { kind: 'worker', id: worker } as const }));
    const ids = new Set(given.map(({ id }) => id));
    phase.open = phase.open.filter(({ task }) => !ids.has(task.id));
    await send(given);
  };
  const perform = async (action: PoolAction): Promise<void> => {
    onChange(action.reason);
    switch (action.kind) {
      case 'forget':
        workers.delete(action.worker);
        return transport.forgetWorker(action.worker);
      case 'resend': {
        retries += 1;
        outstanding.delete(action.task.id);
        const again = { ...action.task, to: { kind: 'any' } as const, attempt: action.task.attempt + 1 };
        if (phase) phase.open = [opened(again), ...phase.open];
        return dealOut();
      }
      case 'giveUp':
        phase?.reject(givenUp(action.task, action.reason));
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
    const limits = (): PoolLimits => phase?.limits ?? idleLimits; // A phase may begin while Redis answers.
    const tasks = [...outstanding.values()];
    const isLookDue =
      observedMs - locatedMs >= locateEveryMs || lostWorkers(observedMs, { workers }, limits()).length > 0;
    const locations = isLookDue ? await transport.locate(tasks) : new Map<string, TaskLocation>();
    const actions = decide(observedMs, { workers, outstanding, locations, missingBefore }, limits());
    if (isLookDue) {
      locatedMs = observedMs;
      missingBefore = new Set(tasks.filter(({ id }) => locations.get(id)?.kind === 'missing'));
    }
    for (const action of actions)
      if (action.kind === 'forget' || outstanding.get(action.task.id) === action.task) await perform(action);
    await dealOut();
  };
  /** What a worker could not do is its own trouble at first: others do it meanwhile. */
  const fail = async (task: OutstandingTask, worker: string, error: TandemError, current: Phase): Promise<void> => {
    const others = present().filter((id) => id !== worker);
    if (others.length > 0) aside.set(worker, setAside(nowMs(), aside.get(worker), error.message));
    const failedBy = current.failedBy.get(task.id) ?? [];
    current.failedBy.set(task.id, [...failedBy, worker]);
    const verdict = judgeFailure({ task, worker, error, failedBy, others }, current.limits);
    if (verdict.kind === 'endRun') current.reject(failedOn(verdict.by, error));
    else await perform(verdict);
  };
  const receive = async (answer: Answer): Promise<void> => {
    const current = phase;
    const task = outstanding.get(answer.taskId) ?? current?.open.find(({ task: { id } }) => id === answer.taskId)?.task;
    if (!task || !current?.waiting.has(answer.taskId)) return;
    if (answer.kind === 'failed') return fail(task, answer.worker, TandemError.fromWire(answer.error), current);
    if (answer.parametersHash !== task.task.parametersHash)
      return onChange(`refused an answer to ${task.id} for other parameters, from worker ${answer.worker}`);
    current.waiting.delete(task.id);
    outstanding.delete(task.id);
    current.open = current.open.filter(({ task: { id } }) => id !== task.id);
    try {
      await Promise.all([dealOut(), current.onAnswer(answer)]);
    } catch (error) {
      if (!isUnusableResult(error)) throw error;
      current.waiting.add(task.id);
      return fail(task, answer.worker, error, current);
    }
    aside.delete(answer.worker);
    current.unread -= 1;
    if (current.unread === 0) current.resolve();
  };
  transport.onAnswer((answer) => void receive(answer).catch((error: unknown) => phase?.reject(error)));
  const beat = every(tick);

  return {
    async run(tasks, { limits, signal, onAnswer }) {
      const given = tasks.map(({ task, to, preferred }) => ({
        task: { id: taskId(task), task, to, attempt: 1 },
        preferred,
      }));
      const addressed = given.filter(({ task }) => task.to.kind === 'worker').map(({ task }) => task);
      const open = given.filter(({ task }) => task.to.kind === 'any');
      const cancel = (): void => phase?.reject(cancelled());
      try {
        await new Promise<void>((resolve, reject) => {
          if (signal.aborted) return reject(cancelled());
          signal.addEventListener('abort', cancel, { once: true });
          phase = {
            limits,
            waiting: new Set(given.map(({ task }) => task.id)),
            unread: given.length,
            open,
            failedBy: new Map(),
            onAnswer,
            resolve,
            reject,
          };
          unsentSinceMs = undefined;
          Promise.all([send(addressed), dealOut()]).catch(reject);
        });
      } finally {
        signal.removeEventListener('abort', cancel);
        phase = undefined;
        const left = [...outstanding.values()];
        outstanding.clear();
        // Tasks that cannot be taken back are done in vain: nobody waits for their answers.
        await transport.withdraw(left).catch((error: unknown) => onChange(`tasks stay: ${messageOf(error)}`));
      }
    },
    workers: () => [...workers.values()].map((worker) => statusOf(worker, standingOf(worker))),
    outstandingTasks: () => outstanding.size + (phase?.open.length ?? 0),
    retries: () => retries,
    async close() {
      await beat.stop();
      await transport.close();
    },
  };
}

/** A task that is sent as soon as a worker has room for it. */
function opened(task: OutstandingTask): OpenTask {
  return { task, preferred: task.to.kind === 'worker' ? task.to.id : undefined };
}

/** Is the result not there, or not what the worker said that it wrote? Then it is done again. */
function isUnusableResult(error: unknown): error is TandemError {
  return error instanceof TandemError && unusable.has(error.code);
}

const unusable: ReadonlySet<ErrorCode> = new Set([ErrorCode.NotFound, ErrorCode.DataInvalid, ErrorCode.ShardFailed]);
