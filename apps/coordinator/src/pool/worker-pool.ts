import { heartbeatMs, versionMismatch, type CoordinatorRecord } from '#protocol/pool/presence.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import { taskId, type Answer, type ShardAnswer, type Task } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { deal, type OpenTask } from './deal.js';
import { retryOrGiveUp, decide, type PoolAction, type PoolLimits } from './pool-decision.js';
import { seeWorkers, type Addressee, type OutstandingTask, type SeenWorker } from './pool-state.js';
import type { Transport } from './transport.js';

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
  readonly waiting: Set<string>;
  /** Tasks that are not sent out yet. */
  open: readonly OpenTask[];
  readonly onAnswer: (answer: ShardAnswer) => Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

const idleLimits: PoolLimits = { leaseMs: 30_000, attempts: 1 };

export function openWorkerPool({ transport, self, nowMs, every, onChange }: PoolParts): WorkerPool {
  let workers = new Map<string, SeenWorker>();
  const outstanding = new Map<string, OutstandingTask>();
  let missingBefore = new Set<OutstandingTask>();
  let phase: Phase | undefined;
  let retries = 0;

  const send = async (tasks: readonly OutstandingTask[]): Promise<void> => {
    tasks.forEach((task) => outstanding.set(task.id, task));
    await transport.send(tasks);
  };
  /** Sends open tasks to the workers that have room for them or, if no worker is known, to the queue for all. */
  const dealOut = async (): Promise<void> => {
    if (!phase || phase.open.length === 0) return;
    const present = [...workers.values()].filter((worker) => standing(worker, self, nowMs()).isPresent);
    const held = new Map(
      present.map(({ record: { id } }) => [
        id,
        [...outstanding.values()].filter(({ to }) => to.kind === 'worker' && to.id === id).length,
      ]),
    );
    const given =
      present.length === 0
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
      case 'resend':
        retries += 1;
        return send([{ ...action.task, to: { kind: 'any' }, attempt: action.task.attempt + 1 }]);
      case 'giveUp':
        phase?.reject(givenUp(action.task, action.reason));
        return;
    }
  };
  const tick = async (): Promise<void> => {
    await transport.announce(self);
    const known = workers;
    workers = seeWorkers(known, await transport.workers(), nowMs());
    for (const id of workers.keys()) if (!known.has(id)) onChange(`worker ${id} joined`);
    for (const id of known.keys()) if (!workers.has(id)) onChange(`worker ${id} left`);
    const tasks = [...outstanding.values()];
    const locations = await transport.locate(tasks);
    const actions = decide(nowMs(), { workers, outstanding, locations, missingBefore }, phase?.limits ?? idleLimits);
    missingBefore = new Set(tasks.filter(({ id }) => locations.get(id)?.kind === 'missing'));
    for (const action of actions) await perform(action);
    await dealOut();
  };
  const receive = async (answer: Answer): Promise<void> => {
    const task = outstanding.get(answer.taskId);
    const current = phase;
    if (!task || !current?.waiting.has(answer.taskId)) return;
    if (answer.kind === 'failed') {
      const error = TandemError.fromWire(answer.error);
      if (!error.retryable) return current.reject(error);
      return perform(
        retryOrGiveUp(task, `${task.id} failed on worker ${answer.worker}: ${error.message}`, current.limits),
      );
    }
    if (answer.parametersHash !== task.task.parametersHash)
      return onChange(`refused an answer to ${task.id} for other parameters, from worker ${answer.worker}`);
    outstanding.delete(task.id);
    await Promise.all([dealOut(), current.onAnswer(answer)]);
    current.waiting.delete(task.id);
    if (current.waiting.size === 0) current.resolve();
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
          phase = { limits, waiting: new Set(given.map(({ task }) => task.id)), open, onAnswer, resolve, reject };
          Promise.all([send(addressed), dealOut()]).catch(reject);
        });
      } finally {
        signal.removeEventListener('abort', cancel);
        phase = undefined;
        const left = [...outstanding.values()];
        outstanding.clear();
        await transport.withdraw(left);
      }
    },
    workers: () => [...workers.values()].map((worker) => statusOf(worker, self, nowMs())),
    outstandingTasks: () => outstanding.size + (phase?.open.length ?? 0),
    retries: () => retries,
    async close() {
      await beat.stop();
      await transport.close();
    },
  };
}

function statusOf(worker: SeenWorker, self: CoordinatorRecord, nowMs: number): WorkerStatus {
  const { beat: _beat, protocol: _protocol, ...shown } = worker.record;
  const { state, reason } = standing(worker, self, nowMs);
  return { ...shown, state, reason, lastSeenAt: new Date(worker.lastSeenMs).toISOString() };
}

/** The state of a worker and the reason for it. Only workers that are present are given tasks. */
function standing(
  { record, lastSeenMs }: SeenWorker,
  self: CoordinatorRecord,
  nowMs: number,
): Pick<WorkerStatus, 'state' | 'reason'> & { readonly isPresent: boolean } {
  const mismatch = versionMismatch(self, record);
  if (mismatch !== undefined) return { state: 'refused', reason: mismatch, isPresent: false };
  const silentMs = nowMs - lastSeenMs;
  if (silentMs >= 5 * heartbeatMs) return { state: 'lost', reason: `silent for ${silentMs} ms`, isPresent: false };
  return { state: record.task ? 'busy' : 'idle', reason: '', isPresent: true };
}

function givenUp({ id, task }: OutstandingTask, reason: string): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: `Expected an answer to ${id}: ${reason}.`,
    help: "See the workers' logs; limits.attempts and limits.leaseMs of the run document say when a shard is given up.",
    context: { run: task.run, step: task.step, shard: task.shard, phase: task.kind },
  });
}

function cancelled(): TandemError {
  return new TandemError({ code: ErrorCode.Cancelled, message: 'The run was cancelled.' });
}
