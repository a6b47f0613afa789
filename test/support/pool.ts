import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { pino } from 'pino';
import { names } from '#protocol/pool/presence.js';
import type { RunDocument } from '#protocol/document/run-document.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import type { Store } from '#store/store.js';
import { readConfig } from '../../apps/coordinator/src/config.js';
import { openTrainer } from '../../apps/coordinator/src/training/open-trainer.js';
import type { UnreadableCounts } from '../../apps/coordinator/src/pool/unreadable-messages.js';
import type { RunEvent } from '../../apps/coordinator/src/training/run-event.js';
import { startRedis } from './servers/redis.js';

/** A real pool: Redis and workers are processes, and the coordinator's trainer runs in the test. */
export interface TestPool {
  /** Starts one more worker and waits until the pool lists it. */
  addWorker(environment?: Readonly<Record<string, string>>): Promise<ChildProcess>;
  workers(): readonly WorkerStatus[];
  outstandingTasks(): number;
  unreadableMessages(): UnreadableCounts;
  /** How many tasks a worker has taken and not answered, as Redis shows it. */
  tasksHeldBy(worker: ChildProcess): Promise<number>;
  /** Every change of the pool so far, as the trainer logs it. */
  readonly changes: readonly string[];
  /** Every other line of the trainer's log. */
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  /** Trains a run to its end and returns the events that it reported. */
  train(options: {
    id: string;
    config: RunDocument;
    store: Store;
    onEvent?: (event: RunEvent) => void;
    signal?: AbortSignal;
    stopping?: AbortSignal;
  }): Promise<RunEvent[]>;
  readonly redisUrl: string;
  /** The directory of the coordinator's store. */
  readonly directory: string;
  stop(): Promise<void>;
}

/** Options of a training that nobody stops, of a run that was never resumed. */
export const undisturbed = {
  stepsChanges: [],
  evaluations: [],
  epoch: 1,
  checkOwner: () => Promise.resolve(),
  stopping: new AbortController().signal,
  signal: new AbortController().signal,
  priority: () => 0,
} as const;

/** `more`: settings of the coordinator and of every worker. A Redis of its own is started unless they name one. */
export async function startPool(more: Readonly<Record<string, string>> = {}): Promise<TestPool> {
  const redis = more['REDIS_URL'] === undefined ? await startRedis() : undefined;
  const redisUrl = redis?.url ?? more['REDIS_URL']!;
  // CPU workers, because tests compare bits.
  const environment = {
    ...{ REDIS_URL: redisUrl, TANDEM_LOG_LEVEL: 'warn', TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off' },
    ...more,
  };
  const changes: string[] = [];
  const logged: Readonly<Record<string, unknown>>[] = [];
  const log = pino(
    {},
    {
      write(line) {
        const said = JSON.parse(line) as { readonly pool?: string };
        if (said.pool !== undefined) changes.push(said.pool);
        else logged.push(said);
      },
    },
  );
  const directory = await mkdtemp(join(tmpdir(), 'tandem-pool-'));
  const settings = { ...environment, TANDEM_THREADS: '1', TANDEM_STORE: `file:${directory}` };
  const trainer = await (await openTrainer(readConfig([], settings), log)).start();
  const children: ChildProcess[] = [];
  return {
    async addWorker(own = {}) {
      const child = spawnWorker({ ...environment, ...own });
      children.push(child);
      await until(() => {
        if (child.exitCode !== null)
          throw new Error(`a worker ended with exit code ${child.exitCode} before it joined`);
        return trainer.workers().some(({ pid, state }) => pid === child.pid && state !== 'setAside');
      });
      return child;
    },
    workers: () => trainer.workers(),
    outstandingTasks: () => trainer.outstandingTasks(),
    unreadableMessages: () => trainer.unreadableMessages(),
    async tasksHeldBy({ pid }) {
      const id = trainer.workers().find((worker) => worker.pid === pid)!.id;
      const queues = [names.tasks, names.tasksOf(id)].map(
        (name) => new Queue(name, { connection: { url: redisUrl }, prefix: 'tandem' }),
      );
      const active = (await Promise.all(queues.map((queue) => queue.getActive()))).flat();
      await Promise.all(queues.map((queue) => queue.close()));
      return active.filter(({ processedBy }) => processedBy === id).length;
    },
    changes,
    logged,
    async train({ id, config, store, onEvent, signal = new AbortController().signal, stopping }) {
      const events: RunEvent[] = [];
      await trainer.train({
        id,
        config,
        store,
        ...undisturbed,
        ...(stopping && { stopping }),
        signal,
        onEvent(event) {
          events.push(event);
          onEvent?.(event);
        },
      });
      return events;
    },
    redisUrl,
    directory,
    async stop() {
      await Promise.all(
        children
          .filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)
          .map(async (child) => {
            child.kill('SIGTERM');
            await once(child, 'exit');
          }),
      );
      await trainer.close();
      await redis?.stop();
      await rm(directory, { recursive: true });
    },
  };
}

export function spawnWorker(environment: Readonly<Record<string, string>>): ChildProcess {
  const entry = fileURLToPath(new URL('../../apps/worker/src/main.js', import.meta.url));
  return spawn(process.execPath, [entry], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Waits until something is true, and lets everything else go on meanwhile. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await nextTurn(1);
}
