import type { RunConfigInput } from '#protocol/run/run-config.js';
import type { RunStatus } from '#protocol/run/run-status.js';
import { followRun, runFailure, type EndedRun } from './follow-run.js';
import type { LocalCluster } from '#cluster/local-cluster.js';
import { TandemError } from '#protocol/tandem-error.js';
import type { ResultText } from './remarks.js';
import type { CommandLine } from '../terminal/command-line.js';
import type { Terminal } from '../terminal/terminal.js';

export interface LocalTraining {
  readonly cluster: LocalCluster;
  /** The run to submit, or the id of one that the coordinator knows already. */
  readonly run: RunConfigInput | string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly command: CommandLine;
  /** The command that goes on with the run later. If it is given, Ctrl-C pauses the run rather than cancel it. */
  readonly resumeCommand?: string;
  /** Called once, when the run's data and the numbers that follow from it are known. */
  onPrepared?(status: RunStatus): void;
  /** What to say about each result of an evaluation; its figures if left out. */
  readonly resultText?: ResultText;
}

/** Have a local cluster train a run, and follow it to its end. Throws unless the run completes. */
export async function trainLocally({
  cluster,
  run,
  resumeCommand,
  command,
  ...follow
}: LocalTraining): Promise<EndedRun> {
  const { api, failure } = cluster;
  const id = typeof run === 'string' ? run : (await api.submit(run)).id;
  const onInterrupt = resumeCommand ? 'pause' : 'cancel';
  const ended = await followRun({ api, id, failure, ...follow, onInterrupt }).catch((error: unknown) => {
    throw resumeCommand ? withResume(error, resumeCommand) : error;
  });
  const problem = runFailure(ended.status, { resume: resumeCommand ?? command('runs', 'resume', id), command });
  if (problem) throw problem;
  return ended;
}

/** The error of a cluster that broke, with what goes on with the run. */
function withResume(error: unknown, resumeCommand: string): unknown {
  if (!(error instanceof TandemError)) return error;
  const { code, message, help, context, cause } = error;
  const resume = `Go on with the run after its last committed step: ${resumeCommand}`;
  return new TandemError({ code, message, help: [help, resume].filter(Boolean).join('\n  '), context, cause });
}
