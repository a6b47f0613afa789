import { setTimeout as delay } from 'node:timers/promises';
import { hasEnded, type RunStatus, type StepMetrics } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { ApiClient } from '#cluster/api-client.js';
import { openRemarks, type ResultText } from './remarks.js';
import { openProgress } from './progress.js';
import { predictCommand } from './next-steps.js';
import type { CommandLine } from '../terminal/command-line.js';
import type { Terminal } from '../terminal/terminal.js';

export interface FollowOptions {
  readonly api: ApiClient;
  readonly id: string;
  readonly terminal: Terminal;
  /** Aborted by the first Ctrl-C: the run is then stopped, and followed to its end. */
  readonly signal: AbortSignal;
  readonly onInterrupt?: 'cancel' | 'pause';
  /** What to say of that. */
  readonly stopText?: string;
  /** Called once, when the run's data and the numbers that follow from it are known. */
  onPrepared?(status: RunStatus): void;
  /** What to say about each result of an evaluation; its figures if left out. */
  readonly resultText?: ResultText;
  /** Rejects when the processes that train the run are gone, so that there is nothing to wait for. */
  readonly failure?: Promise<never>;
}

/** A run that has ended, with the metrics of every committed step. */
export interface EndedRun {
  readonly status: RunStatus;
  readonly metrics: readonly StepMetrics[];
}

const stopsTraining = '  Stopping after the step in progress, with a checkpoint; Ctrl-C again stops at once.';
const pollMs = 500;
/** Unanswered polls in a row before the coordinator counts as gone. */
const silencesMax = 20;

/**
 * Show a run until it ends, in whatever state that is. Throws TRANSPORT_FAILED where the coordinator stays silent, and
 * whatever `failure` rejects with.
 */
export async function followRun(options: FollowOptions): Promise<EndedRun> {
  const {
    api,
    id,
    terminal,
    signal,
    onPrepared,
    resultText,
    failure,
    onInterrupt = 'cancel',
    stopText = stopsTraining,
  } = options;
  const progress = openProgress(terminal);
  const remarks = openRemarks(terminal, resultText);
  const metrics: StepMetrics[] = [];
  const broken = new AbortController();
  failure?.catch((reason: unknown) => broken.abort(reason));
  let stopped = false;
  let prepared = false;
  let silences = 0;
  try {
    for (;;) {
      try {
        if (signal.aborted && !stopped) {
          terminal.say(stopText);
          stopped = true;
          await stop(api, id, onInterrupt);
        }
        const status = await api.run(id);
        await fetchSteps(api, status, metrics);
        if (status.derived && !prepared) onPrepared?.(status);
        prepared ||= status.derived !== null;
        progress.show(status, performance.now());
        remarks.show(status, metrics);
        if (hasEnded(status) || (stopped && status.state === 'paused')) return { status, metrics };
        silences = 0;
      } catch (error) {
        silences += 1;
        if (!isSilence(error) || silences > silencesMax) throw error;
      }
      await pause(stopped ? broken.signal : AbortSignal.any([signal, broken.signal]));
      broken.signal.throwIfAborted();
    }
  } finally {
    progress.close();
  }
}

/** A run that has ended by itself in the meantime (CONFLICT) need not be stopped. */
async function stop(api: ApiClient, id: string, how: 'cancel' | 'pause'): Promise<void> {
  await api[how](id).catch((error: unknown) => {
    if (!(error instanceof TandemError && error.code === ErrorCode.Conflict)) throw error;
  });
}

/** Append the committed steps that are not in `metrics` yet. */
async function fetchSteps(api: ApiClient, { id, step }: RunStatus, metrics: StepMetrics[]): Promise<void> {
  for (let last = metrics.at(-1)?.step ?? 0; last < step;) {
    const page = await api.metrics(id, last + 1);
    if (page.metrics.length === 0) return;
    metrics.push(...page.metrics);
    last = page.next - 1;
  }
}

/** The commands that an error about a run names. */
export interface NextCommands {
  /** Goes on with the run. */
  readonly resume: string;
  readonly command: CommandLine;
}

/** An error to throw for a run that failed or was stopped; undefined where it completed. */
export function runFailure(
  { state, error, reason, id, step, checkpoint }: RunStatus,
  next: NextCommands,
): TandemError | undefined {
  const learned = checkpoint === null ? [] : [`Use what it has learned: ${predictCommand(checkpoint, next.command)}`];
  switch (state) {
    case 'completed':
      return undefined;
    case 'failed': {
      const { code = ErrorCode.Internal, message = reason, help = '' } = error ?? {};
      return new TandemError({
        code: isErrorCode(code) ? code : ErrorCode.Internal,
        message: `Run ${id} failed. ${message}`,
        help: [help, onceMended(step, next), ...learned].filter(Boolean).join('\n  '),
      });
    }
    default:
      return new TandemError({
        code: ErrorCode.Cancelled,
        message: `Run ${id} is ${state}: ${reason}`,
        help: [`Go on with it: ${next.resume}`, ...learned].join('\n  '),
      });
  }
}

/** A run keeps its batch and its model, even where it never got as far as a step. */
function onceMended(step: number, { resume }: NextCommands): string {
  return step === 0
    ? 'No step was committed: once that is mended, start a new run.'
    : `Once that is mended, it goes on after its last step: ${resume}`;
}

function isErrorCode(code: string): code is ErrorCode {
  return (Object.values(ErrorCode) as string[]).includes(code);
}

function isSilence(error: unknown): boolean {
  return error instanceof TandemError && error.code === ErrorCode.TransportFailed;
}

/** Wait for the next poll, but no longer than until the signal. */
async function pause(signal: AbortSignal): Promise<void> {
  await delay(pollMs, undefined, { signal }).catch(() => undefined);
}
