import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCluster, type LocalCluster } from '#cluster/local-cluster.js';
import { appEntries } from './app-entries.js';
import type { CommandContext } from './command-context.js';

/** Redis, a coordinator and workers of one command that keeps nothing of them. */
export interface OwnCluster {
  readonly cluster: LocalCluster;
  stop(): Promise<void>;
}

/** Starts them with the user's environment and `more` of it. Their logs go with them. */
export async function startOwnCluster(
  workers: number,
  { environment, terminal }: Pick<CommandContext, 'environment' | 'terminal'>,
  more: Readonly<Record<string, string>> = {},
): Promise<OwnCluster> {
  const logs = await mkdtemp(join(tmpdir(), 'tandem-logs-'));
  const cluster = await startLocalCluster({
    ...{ workers, entries: appEntries, logs },
    environment: { ...environment, ...more },
    onWorkerLost: (message) => terminal.say(`  ${message}`),
  });
  return {
    cluster,
    async stop() {
      await cluster.stop();
      await rm(logs, { recursive: true, force: true });
    },
  };
}
