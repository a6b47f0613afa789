import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { followRun, runFailure, type EndedRun } from './follow-run.js';
import type { LocalCluster } from '#cluster/local-cluster.js';
import type { Terminal } from '../terminal/terminal.js';

export interface LocalTraining {
  readonly cluster: LocalCluster;
  readonly document: RunConfigInput;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** Called once, when the run's data and the numbers that follow from it are known. */
  onPrepared?(status: RunStatus): void;
}

/** Submit a run document to a local cluster and follow it to its end. Throws unless the run completes. */
export async function trainLocally({ cluster, document, ...follow }: LocalTraining): Promise<EndedRun> {
  const { id } = await cluster.api.submit(document);
  const run = await followRun({ api: cluster.api, id, failure: cluster.failure, ...follow });
  const failure = runFailure(run.status);
  if (failure) throw failure;
  return run;
}
