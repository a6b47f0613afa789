import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunConfigInput } from '#protocol/run-config.js';
import type { StepMetrics } from '#protocol/run-status.js';
import { startLocalCluster } from '../../apps/cli/src/local-cluster.js';
import { openTerminal } from '../../apps/cli/src/terminal.js';
import { trainLocally } from '../../apps/cli/src/train-locally.js';
import { peakBytes } from './process-memory.js';

/** The product as it is: Redis, a coordinator and workers, a process each. */
export interface LocalPool {
  /** Train a run to its end and give its steps. */
  train(document: RunConfigInput): Promise<readonly StepMetrics[]>;
  /** The most memory any worker has held. */
  workerPeakBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Workers on the processor, which share its cores: each has as many threads as there are cores for it. */
export async function startLocalPool({ workers, settings = {} }: { readonly workers: number; readonly settings?: Readonly<Record<string, string>> }): Promise<LocalPool> {
  const logs = await mkdtemp(join(tmpdir(), 'tandem-bench-logs-'));
  const lost: string[] = [];
  const environment = { PATH: process.env['PATH'], HOME: process.env['HOME'], TANDEM_DEVICE: 'cpu', TANDEM_CACHE: 'off', ...settings };
  const cluster = await startLocalCluster({ workers, logs, environment, onWorkerLost: (message) => lost.push(message) });
  const terminal = { ...openTerminal({ json: true, stdout: process.stderr, stderr: process.stderr, environment: { NO_COLOR: '1' } }), say: () => undefined };
  return {
    async train(document) {
      const { metrics } = await trainLocally({ cluster, document, terminal, signal: new AbortController().signal });
      if (lost.length > 0) throw new Error(lost.join('\n'));
      return metrics;
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
