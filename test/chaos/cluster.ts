import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectApi, type ApiClient } from '#cluster/api-client.js';
import { freePort } from '#cluster/free-port.js';
import { openPlace, type StorePlace } from './store-place.js';
import { openPace, type Pace } from './pace.js';
import { openProcesses, type Victim } from './processes.js';
import { startRedisServer, type RedisServer } from './redis-server.js';
import type { StoreKind } from './kinds.js';

export interface Coordinator {
  readonly process: Victim;
  readonly api: ApiClient;
  /** What tells it from others that may run: one that is started again gets the same. */
  readonly seat: Seat;
}
interface Seat {
  readonly port: number;
  readonly folder: string;
}

/** A worker whose results get damaged after they are hashed, and one that computes and hashes wrong ones. */
export type BrokenKind = 'garbage' | 'wrong';

export interface ChaosWorker {
  readonly id: string;
  readonly kind: 'sound' | BrokenKind;
  /** The one that was started last under this id. */
  readonly process: Victim;
}

/**
 * A pool of real processes on this machine. Who ends stays away until it is started, except one that gave up when it
 * started, because it found no Redis or no store: it is started again, as whatever supervises processes does.
 */
export interface Cluster {
  readonly prefix: string;
  readonly place: StorePlace;
  readonly redis: RedisServer;
  readonly pace: Pace;
  /** Those that run or are frozen, in the order in which they were started. */
  coordinators(): readonly Coordinator[];
  /** The sound ones that run or are frozen, in the order in which they were started. */
  workers(): readonly ChaosWorker[];
  /** Those that are broken in this way, or will be. */
  brokenWorkers(kind: BrokenKind): readonly ChaosWorker[];
  /** Starts a coordinator, in a `seat` that is free again or in a new one. Resolves when it leads or stands by. */
  startCoordinator(seat?: Seat): Promise<Coordinator>;
  /** Starts a worker. Resolves when its process runs, which is before it joins. */
  startWorker(kind?: ChaosWorker['kind']): Promise<ChaosWorker>;
  /** Everything that coordinators and workers have written. */
  output(): string;
  stop(): Promise<void>;
}

/** How long a process may take to start on a busy machine. */
const startMs = 60_000;
/** How a process ends that cannot start, and after which pause it is started again. */
const gaveUp = 'exit code 1';
const restartMs = 250;
/** A request to a frozen coordinator is given up soon, so that nobody waits for it. */
const requestMs = 2_000;

const entries = {
  coordinator: '../../apps/coordinator/src/main.js',
  sound: './workers/sound-worker.js',
  garbage: './workers/garbage-worker.js',
  wrong: './workers/wrong-worker.js',
} as const;

export async function startCluster(
  storeKind: StoreKind,
  folder: string,
  onCoordinator: (coordinator: Coordinator) => void,
): Promise<Cluster> {
  const processes = openProcesses(join(folder, 'logs'));
  const closers: (() => Promise<void> | void)[] = [() => processes.stop()];
  const stop = async (): Promise<void> => {
    for (const close of closers) await close();
  };
  try {
    const place = await openPlace(storeKind, folder);
    closers.push(() => place.stop());
    const redis = await startRedisServer(processes, join(folder, 'redis'));
    closers.push(() => redis.close());
    const pace = openPace(folder);
    const members = openMembers({ processes, folder, place, redis, pace, onCoordinator });
    return { ...members, place, redis, pace, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface MemberParts {
  readonly processes: ReturnType<typeof openProcesses>;
  readonly folder: string;
  readonly place: StorePlace;
  readonly redis: RedisServer;
  readonly pace: Pace;
  readonly onCoordinator: (coordinator: Coordinator) => void;
}

function openMembers({
  processes,
  folder,
  place,
  redis,
  pace,
  onCoordinator,
}: MemberParts): Omit<Cluster, 'place' | 'redis' | 'pace' | 'stop'> {
  const prefix = 'chaos';
  const apiKey = 'the-key-of-the-chaos-test';
  const coordinators: Coordinator[] = [];
  const workers: ChaosWorker[] = [];
  const settings = {
    PATH: process.env['PATH'],
    HOME: folder,
    REDIS_URL: redis.url,
    TANDEM_QUEUE_PREFIX: prefix,
    TANDEM_DEVICE: 'cpu', // Bits are compared.
    TANDEM_THREADS: '1',
    TANDEM_CACHE: join(folder, 'cache'),
    TANDEM_LOG_LEVEL: 'info',
    CHAOS_PACE: pace.file,
    ...place.environment,
  };
  const launch = (name: string, entry: keyof typeof entries, more: Record<string, string>): Promise<Victim> =>
    processes.launch({
      name,
      command: process.execPath,
      args: [fileURLToPath(new URL(entries[entry], import.meta.url))],
      environment: { ...settings, ...more },
    });
  const running = <T extends { readonly process: Victim }>(members: readonly T[]): T[] =>
    members.filter(({ process }) => process.ending() === undefined);
  const startCoordinator = async (seat?: Seat, deadline = performance.now() + startMs): Promise<Coordinator> => {
    const at = seat ?? { port: await freePort(), folder: join(folder, `seat-${coordinators.length + 1}`) };
    const started = await launch(`coordinator-${coordinators.length + 1}`, 'coordinator', {
      TANDEM_STORE: place.url,
      TANDEM_DATA_DIR: at.folder,
      TANDEM_HOST: '127.0.0.1',
      TANDEM_PORT: String(at.port),
      TANDEM_API_KEY: apiKey,
    });
    const url = `http://127.0.0.1:${at.port}`;
    const coordinator = { process: started, api: connectApi({ url, apiKey, timeoutMs: requestMs }), seat: at };
    coordinators.push(coordinator);
    onCoordinator(coordinator);
    while (!leads(coordinator) && !standsBy(coordinator)) {
      if (started.ending() === gaveUp && performance.now() < deadline) {
        await delay(restartMs);
        return startCoordinator(at, deadline);
      }
      if (started.ending()) throw new Error(`${started.name} ended (${started.ending()}):\n${started.output()}`);
      if (performance.now() > deadline) throw new Error(`${started.name} did not start within ${startMs} ms`);
      await delay(20);
    }
    return coordinator;
  };
  return {
    prefix,
    coordinators: () => running(coordinators),
    workers: () => running(workers).filter(({ kind }) => kind === 'sound'),
    brokenWorkers: (broken) => running(workers).filter(({ kind }) => kind === broken),
    startCoordinator: (seat) => startCoordinator(seat),
    async startWorker(kind = 'sound') {
      const id = `worker-${workers.length + 1}`;
      const start = (name = id): Promise<Victim> => launch(name, kind, { TANDEM_WORKER_ID: id });
      const worker = { id, kind, process: await start() };
      workers.push(worker);
      void (async () => {
        for (let again = 2; (await worker.process.ended) === gaveUp && !isReady(worker); again++) {
          await delay(restartMs);
          worker.process = await start(`${id}-${again}`);
        }
      })();
      return worker;
    },
    output: () => [...coordinators, ...workers].map(({ process }) => process.output()).join(''),
  };
}

/** Whether a worker has joined. */
export function isReady({ process }: ChaosWorker): boolean {
  return process.output().includes('The worker is ready');
}

/** Whether a coordinator has led at some time: it then listens, and it ends when it has lost its lead. */
export function leads({ process }: Coordinator): boolean {
  return process.output().includes('listens on');
}

/** Whether a coordinator has found another that leads. */
export function standsBy({ process }: Coordinator): boolean {
  return process.output().includes('Stands by');
}
