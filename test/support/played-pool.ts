import { ErrorCode } from '#protocol/tandem-error.js';
import type { WorkerRecord } from '#protocol/pool/presence.js';
import { taskId, type Answer, type BackpropTask, type EncodeAnswer, type EncodeTask } from '#protocol/pool/task.js';
import type { PhaseTerms } from '../../apps/coordinator/src/pool/phase.js';
import type { OutstandingTask, TaskLocation } from '../../apps/coordinator/src/pool/pool-state.js';
import type { Transport } from '../../apps/coordinator/src/pool/transport.js';
import { openWorkerPool, type WorkerPool } from '../../apps/coordinator/src/pool/worker-pool.js';

export const hash = 'a'.repeat(64);
const self = { protocol: 1, code: 'c', startedAt: 't', proof: { store: 's', key: 'k', sha256: hash } };

/** A pool whose transport and clock the test controls. */
export interface PlayedPool {
  readonly pool: WorkerPool;
  /** The jobs that were sent, and the ids of tasks that were taken back. */
  readonly sent: OutstandingTask[];
  readonly withdrawn: string[];
  readonly changes: string[];
  /** What the pool finds when it asks. */
  readonly played: {
    records: WorkerRecord[];
    at: Map<string, TaskLocation>;
    nowMs: number;
    /** Why Redis takes no tasks, if it does not. */
    refuses: string | undefined;
    located: Promise<void>;
  };
  answer(answer: Answer): void;
  tick(): Promise<void>;
}

export function openPlayed(): PlayedPool {
  let listener: (answer: Answer) => void = () => undefined;
  let tick: () => Promise<void> = () => Promise.resolve();
  const sent: OutstandingTask[] = [];
  const withdrawn: string[] = [];
  const changes: string[] = [];
  const played: PlayedPool['played'] = {
    ...{ records: [], at: new Map(), nowMs: 0, refuses: undefined, located: Promise.resolve() },
  };
  const transport: Transport = {
    send: (tasks) =>
      played.refuses === undefined
        ? Promise.resolve(void sent.push(...tasks))
        : Promise.reject(new Error(played.refuses)),
    locate: () => played.located.then(() => played.at),
    withdraw: (tasks) => Promise.resolve(void withdrawn.push(...tasks.map(({ id }) => id))),
    workers: () => Promise.resolve(played.records),
    forgetWorker: () => Promise.resolve(),
    announce: () => Promise.resolve(),
    onAnswer: (next) => (listener = next),
    close: () => Promise.resolve(),
  };
  const every = (beat: () => Promise<void>) => ((tick = beat), { stop: () => Promise.resolve() });
  const pool = openWorkerPool({
    transport,
    self,
    nowMs: () => played.nowMs,
    every,
    onChange: (reason) => changes.push(reason),
  });
  return { pool, sent, withdrawn, changes, played, answer: (answer) => listener(answer), tick: () => tick() };
}

export function recordOf(id: string, changes: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    ...{ id, beat: 1, host: 'h', pid: 1, device: 'cpu', threads: 1, arithmetic: 'x64', memoryBytes: null },
    ...{ code: 'c', protocol: 1, task: null, trouble: null, tasksDone: 0, startedAt: 't' },
    ...changes,
  };
}

export function encodeTask(shard: number, shards = 1): EncodeTask {
  return {
    kind: 'encode',
    protocol: 1,
    code: 'c',
    run: 'r',
    epoch: 1,
    step: 4,
    shard,
    shards,
    store: 's',
    configHash: hash,
    parametersKey: 'k',
    parametersHash: hash,
  };
}

/** Backprop of four shards, for the worker that encoded them. */
export function sumTask(shard: number): BackpropTask {
  const { kind: _, ...base } = encodeTask(shard, 4);
  const blob = { shard, shards: 4, key: 'k', hash };
  return { ...base, kind: 'backprop', gradients: blob, embeddings: [blob] };
}

export function answerTo(shard: number, changes: Partial<EncodeAnswer> = {}): EncodeAnswer {
  return {
    kind: 'encode',
    worker: 'w',
    taskId: taskId(encodeTask(shard)),
    shard,
    shards: 1,
    parametersHash: hash,
    resultKey: 'k',
    resultHash: hash,
    pairs: 1,
    skipped: [],
    loadMs: 0,
    computeMs: 0,
    storeMs: 0,
    ...changes,
  };
}

export const limits = { leaseMs: 1000, attempts: 2, stragglerFactor: 2, verifyShare: 0 };

export const terms: PhaseTerms = {
  ...{ run: 'r', seed: 0, priority: () => 0, limits, workerBytes: 0, signal: new AbortController().signal },
  onAnswer: () => Promise.resolve(),
  onRetry: () => undefined,
  onFinding: () => undefined,
};

/** Who has which task, as they were sent: `0→w`. */
export function sentTo(sent: readonly OutstandingTask[]): string[] {
  return sent.map(({ task: { shard }, to }) => `${shard}→${to.kind === 'worker' ? to.id : 'any'}`);
}

/** The worker w could not encode the shard. */
export function failed(shard: number, retryable: boolean): Answer {
  return {
    kind: 'failed',
    worker: 'w',
    taskId: `r.1.4.encode.${shard}`,
    error: { code: ErrorCode.DataInvalid, message: 'unreadable', help: '', retryable, context: {} },
  };
}
