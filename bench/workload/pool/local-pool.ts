import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import type { ApiClient } from '#cluster/api-client.js';
import { startLocalCluster } from '#cluster/local-cluster.js';
import { peakBytes } from '../process-memory.js';

/** A pool as users run it: Redis, a coordinator and workers, each a process of its own. */
export interface LocalPool {
  readonly api: ApiClient;
  readonly redisUrl: string;
  /** Train a run to its end. Returns the metrics of its steps. Tells its progress a few times a second. */
  train(document: RunConfigInput, onProgress?: (steps: number) => Promise<void>): Promise<readonly StepMetrics[]>;
  workerPids(): Promise<number[]>;
  /** Peak memory in bytes of the worker that has used most. */
  workerPeakBytes(): Promise<number>;
  stop(): Promise<void>;
}

const app = (name: string): string => fileURLToPath(new URL(`../../../apps/${name}/src/main.js`, import.meta.url));

/** Start workers on the CPU. They share its cores: each has as many threads as there are cores per worker. */
export async function startLocalPool({
  workers,
  worker = app('worker'),
  store,
  settings = {},
}: {
  readonly workers: number;
  /** The file that starts a worker; Tandem's own if left out. */
  readonly worker?: string;
  readonly store?: string;
  readonly settings?: Readonly<Record<string, string>>;
}): Promise<LocalPool> {
  const logs = await mkdtemp(join(tmpdir(), 'tandem-bench-logs-'));
  const lost: string[] = [];
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    TANDEM_DEVICE: 'cpu',
    TANDEM_CACHE: 'off',
    ...settings,
  };
  const cluster = await startLocalCluster({
    workers,
    entries: { coordinator: app('coordinator'), worker },
    store,
    logs,
    environment,
    onWorkerLost: (message) => lost.push(message),
  });
  return {
    api: cluster.api,
    redisUrl: cluster.redisUrl,
    async train(document, onProgress) {
      const { api } = cluster;
      const { id } = await api.submit(document);
      let run = await api.run(id);
      while (run.endedAt === null) {
        await Promise.race([sleep(200), cluster.failure]);
        run = await api.run(id);
        await onProgress?.(run.step);
      }
      if (run.error || lost.length > 0) throw new Error([run.reason, ...lost].join('\n'));
      return (await api.metrics(id, 1)).metrics;
    },
    async workerPids() {
      return (await cluster.api.workers()).map(({ pid }) => pid);
    },
    async workerPeakBytes() {
      return Math.max(...(await cluster.api.workers()).map(({ pid }) => peakBytes(pid)));
    },
    async stop() {
      await cluster.stop();
      await rm(logs, { recursive: true });
    },
  };
}
