import { isCount, isDownload } from '#protocol/document/run-document.js';
import type { Amendment } from '#protocol/run/amendment.js';
import { hasEnded, type RunStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/** Throws CONFLICT if the queue is full. Runs that are still being submitted count as queued. */
export function refuseFullQueue(runs: readonly RunStatus[], submitting: number, queuedRunsMax: number): void {
  const queued = submitting + runs.filter(({ state }) => state === 'queued').length;
  if (queued < queuedRunsMax) return;
  throw new TandemError({
    code: ErrorCode.Conflict,
    message: `Queue: expected fewer than ${queuedRunsMax} runs that wait, got ${queued}`,
    help: 'Wait for a run to end, or cancel one that waits.',
    retryable: true,
  });
}

/** Throws CONFLICT unless the run can be resumed with these changes. */
export function refuseResume(run: RunStatus, { steps = run.steps, evaluation }: Amendment): void {
  if (run.state !== 'paused' && !hasEnded(run))
    throw conflict(run, 'that is paused or has ended', 'It is under way: there is nothing to resume.');
  if (steps < run.step)
    throw new TandemError({
      code: ErrorCode.Conflict,
      message: `Run ${run.id}: expected at least the ${run.step} steps that are committed, got steps: ${steps}`,
      help: 'Steps cannot be taken back. Start another run from an earlier checkpoint: init.weights names its folder.',
      context: { run: run.id },
    });
  if (isDownload(run.config)) {
    // Failures that can pass are tried again.
    if (run.state !== 'completed' || (run.download?.unsettled ?? 0) > 0) return;
    throw conflict(run, 'that has something left to do', 'All pictures are stored, or failed by what does not pass.');
  }
  if (isCount(run.config) && run.state !== 'completed') return;
  if (run.state === 'completed' && steps === run.step && evaluation === undefined)
    throw conflict(
      run,
      'that has something left to do',
      'Give it more steps (tandem runs resume RUN --steps N) or evaluations.',
    );
}

/** The call does not fit the state that the run is in. */
export function conflict({ id, state }: RunStatus, expected: string, help: string): TandemError {
  return new TandemError({
    code: ErrorCode.Conflict,
    message: `Run ${id}: expected a run ${expected}, got one that is ${state}`,
    help,
    context: { run: id },
  });
}
