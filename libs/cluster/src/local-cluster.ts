import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectApi, type ApiClient } from './api-client.js';
import { startChild, type ChildProcess, type Program } from './child-process.js';
import { freePort } from './free-port.js';
import { keepWorker } from './keep-worker.js';
import { startPrivateRedis } from './private-redis.js';
import { startReaper } from './reaper.js';
import { until } from './until.js';

/** Redis, a coordinator and workers on this machine, each a process of its own, for as long as one command runs. */
export interface LocalCluster {
  readonly api: ApiClient;
  readonly redisUrl: string;
  /**
   * Address of the coordinator's page, with the key of this cluster, by which the page logs in. Only for the user's own
   * terminal: the key ends with the cluster.
   */
  readonly pageUrl: string;
  /**
   * Rejects when the cluster can no longer train: Redis or the coordinator ended, or the last worker was given up.
   * Never resolves.
   */
  readonly failure: Promise<never>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly workers: number;
  /** The files that start a coordinator and a worker. */
  readonly entries: Readonly<Record<'coordinator' | 'worker', string>>;
  /**
   * file:DIR or s3://BUCKET/PREFIX, where the coordinator lists its runs. Runs that an earlier cluster left there can
   * be resumed; none goes on by itself. If left out, a folder that is removed with the cluster.
   */
  readonly store?: string | undefined;
  /** Directory of the log files. */
  readonly logs: string;
  /** The user's environment: S3 access, threads, log level, and REDIS_URL to use another Redis than a private one. */
  readonly environment: Environment;
  /** Called when a worker has ended, with what happens next. */
  onWorkerLost(message: string): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What every process of the cluster is started with. `launch` registers it, so that stopping the cluster stops it. */
interface Setup {
  readonly folder: string;
  readonly environment: Environment;
  readonly entries: ClusterOptions['entries'];
  launch(program: Program): Promise<ChildProcess>;
}

/** Time in which a process must have started. */
const startMs = 60_000;
/** Time a process gets to end by itself before it is killed. */
const graceMs = 10_000;
/** The same in a broken cluster, whose processes wait for others that are gone. */
const brokenGraceMs = 500;

/**
 * Start all processes and wait until the coordinator lists the workers. Where one of them does not start, all are
 * stopped and its error is thrown.
 */
export async function startLocalCluster(options: ClusterOptions): Promise<LocalCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-'));
  const reaper = startReaper();
  reaper.remove(folder);
  const children: ChildProcess[] = [];
  let stopping = false;
  let patienceMs = graceMs;
  const stopAll = async (): Promise<void> => {
    stopping = true;
    // Workers first, Redis last, so that none loses a process it depends on.
    await Promise.all(children.filter(isWorker).map((worker) => worker.stop(patienceMs)));
    for (const child of children.filter((one) => !isWorker(one)).reverse()) await child.stop(patienceMs);
    await rm(folder, { recursive: true, force: true });
    await reaper.close();
  };
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopAll());
  const setup: Setup = {
    folder,
    environment: options.environment,
    entries: options.entries,
    async launch(program) {
      const child = await startChild({
        ...program,
        log: join(options.logs, `${program.name.toLowerCase().replace(' ', '-')}.log`),
        reaper,
      });
      children.push(child);
      return child;
    },
  };
  try {
    const settings = await settingsOf(setup, options.store);
    const api = await startCoordinator(setup, settings);
    const workers = await startWorkers(setup, settings, api, options.workers);
    const failure = firstFailure({
      parts: children.filter((child) => !isWorker(child)),
      workers,
      isStopping: () => stopping,
      onWorkerLost: options.onWorkerLost,
    });
    failure.catch(() => (patienceMs = brokenGraceMs));
    const pageUrl = `${api.url}/#/login/${settings['TANDEM_API_KEY']}`;
    return { api, redisUrl: settings['REDIS_URL']!, pageUrl, failure, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The environment of coordinator and workers: the user's, with addresses, keys and folders for this cluster only. */
async function settingsOf(setup: Setup, store: string | undefined): Promise<Environment> {
  const { folder, environment } = setup;
  return {
    ...environment,
    REDIS_URL: environment['REDIS_URL'] || (await startPrivateRedis({ ...setup, startMs })),
    TANDEM_STORE: store ?? `file:${join(folder, 'store')}`,
    TANDEM_DATA_DIR: join(folder, 'coordinator'),
    TANDEM_HOST: '127.0.0.1',
    TANDEM_TLS_CERT: '',
    TANDEM_TLS_KEY: '',
    TANDEM_PORT: String(await freePort()),
    TANDEM_API_KEY: randomBytes(24).toString('base64url'),
    TANDEM_POOL_KEY: randomBytes(24).toString('base64url'),
    TANDEM_STANDBY: 'refuse',
    TANDEM_KEEP_RUNS: '', // Meant for a coordinator of a team, not for the folder of a command.
    TANDEM_KEEP_RUNS_DAYS: '',
    TANDEM_RESUME: 'manual',
    // Less than it takes until the process is killed.
    TANDEM_GRACE_MS: String(0.9 * graceMs),
    TANDEM_QUEUE_PREFIX: `tandem-${randomBytes(6).toString('hex')}`,
  };
}

async function startCoordinator(setup: Setup, settings: Environment): Promise<ApiClient> {
  const api = connectApi({ url: `http://127.0.0.1:${settings['TANDEM_PORT']}`, apiKey: settings['TANDEM_API_KEY'] });
  const coordinator = await setup.launch({
    name: 'coordinator',
    ...node(setup.entries.coordinator),
    environment: settings,
  });
  await until(() => api.ready(), {
    what: 'the coordinator to be ready',
    withinMs: startMs,
    everyMs: 50,
    process: coordinator,
  });
  return api;
}

interface StartedWorker {
  readonly worker: ChildProcess;
  start(): Promise<ChildProcess>;
}

async function startWorkers(
  setup: Setup,
  settings: Environment,
  api: ApiClient,
  count: number,
): Promise<StartedWorker[]> {
  const threads = String(Math.max(1, Math.floor(availableParallelism() / count)));
  const environment = { ...settings, TANDEM_THREADS: settings['TANDEM_THREADS'] ?? threads };
  const workers: StartedWorker[] = [];
  for (let number = 1; number <= count; number += 1) {
    const start = (): Promise<ChildProcess> =>
      setup.launch({ name: `worker ${number}`, ...node(setup.entries.worker), environment });
    workers.push({ worker: await start(), start });
  }
  for (const { worker } of workers) {
    const isListed = async (): Promise<boolean> =>
      (await api.workers()).some(({ pid, state }) => pid === worker.pid && state !== 'lost');
    await until(isListed, { what: `${worker.name} to register`, withinMs: startMs, everyMs: 100, process: worker });
  }
  return workers;
}

interface Watched {
  /** Redis and the coordinator, without which nothing goes on. */
  readonly parts: readonly ChildProcess[];
  readonly workers: readonly StartedWorker[];
  isStopping(): boolean;
  onWorkerLost(message: string): void;
}

/** Rejects when Redis or the coordinator ends, or when every worker is given up; each is started again a few times. */
function firstFailure({ parts, workers, isStopping, onWorkerLost }: Watched): Promise<never> {
  return new Promise<never>((_resolve, reject) => {
    for (const part of parts) void part.ended.then((ending) => reject(part.crash(ending)));
    let left = workers.length;
    for (const { worker, start } of workers) {
      const end = keepWorker({
        worker,
        start,
        onEnd: (ending, next) => onWorkerLost(`${worker.name} ended (${ending}); ${next}; its log is ${worker.log}`),
        isStopping,
        sleep: (ms) => delay(ms, undefined, { ref: false }),
        nowMs: () => performance.now(),
      });
      void end.then((crash) => {
        left -= 1;
        if (crash && left === 0) reject(crash);
      });
    }
  });
}

function isWorker({ name }: ChildProcess): boolean {
  return name.startsWith('worker');
}

function node(entry: string): Pick<Program, 'command' | 'args'> {
  return { command: process.execPath, args: [entry] };
}
