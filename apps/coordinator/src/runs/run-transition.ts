import type { RunConfig } from '#protocol/run/run-config.js';
import type { RunState, RunStatus } from '#protocol/run/run-status.js';
import type { WireError } from '#protocol/tandem-error.js';
import type { RunEvent } from '../training/run-event.js';

/** Everything that can change the status of a run: what its training reports, and what its owner does. */
export type RunChange =
  | RunEvent
  | { readonly kind: 'started' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly error: Pick<WireError, 'code' | 'message' | 'help'> }
  | { readonly kind: 'cancelled' };

export const endStates: readonly RunState[] = ['completed', 'failed', 'cancelled'];

export function hasEnded(status: RunStatus): boolean {
  return endStates.includes(status.state);
}

export interface NewRun {
  readonly id: string;
  readonly config: RunConfig;
  /** The URL of the run's store. */
  readonly store: string;
  readonly at: string;
  readonly idempotencyKey: string | null;
}

export function queuedRun({ id, config, store, at, idempotencyKey }: NewRun): RunStatus {
  return {
    id,
    name: config.name,
    state: 'queued',
    reason: 'Waits for its turn: one run trains at a time.',
    error: null,
    createdAt: at,
    startedAt: null,
    endedAt: null,
    step: 0,
    steps: config.steps,
    etaSeconds: null,
    last: null,
    derived: null,
    evaluations: [],
    checkpoint: null,
    skippedSamples: 0,
    store,
    idempotencyKey,
    config,
  };
}

/**
 * The status of a run after a change.
 *
 *     queued ─started→ preparing ─prepared→ training ⇄ evaluating ─completed→ completed
 *        any of these ─failed→ failed, ─cancelled→ cancelled
 *
 * A run that has ended does not change any more. Throws if the change is not possible in the run's state, which is a
 * defect of the caller.
 */
export function afterChange(run: RunStatus, change: RunChange, at: string): RunStatus {
  if (hasEnded(run)) return run;
  const admitted = admittedIn[change.kind];
  if (!admitted.includes(run.state)) {
    throw new Error(
      `Run ${run.id}: expected '${change.kind}' only when ${admitted.join(' or ')}, got it when ${run.state}`,
    );
  }
  switch (change.kind) {
    case 'started':
      return { ...run, state: 'preparing', reason: 'Reads its data sets and makes its parameters.', startedAt: at };
    case 'prepared':
      return { ...run, state: 'training', reason: 'Trains; no step is committed yet.', derived: change.derived };
    case 'step':
      return afterStep(run, change.metrics);
    case 'evaluating':
      return { ...run, state: 'evaluating', reason: `Evaluates the parameters after ${stepsOf(run)}.` };
    case 'evaluation':
      return { ...run, evaluations: [...run.evaluations, change.result] };
    case 'checkpoint':
      return { ...run, checkpoint: change.url };
    case 'completed':
      return {
        ...run,
        state: 'completed',
        reason: `All ${run.steps} steps are committed.`,
        etaSeconds: null,
        endedAt: at,
      };
    case 'failed': {
      const { code, message, help } = change.error;
      return {
        ...run,
        state: 'failed',
        reason: `Stopped after ${stepsOf(run)}: ${message.split('\n')[0]}`,
        error: { code, message, help },
        etaSeconds: null,
        endedAt: at,
      };
    }
    case 'cancelled':
      return {
        ...run,
        state: 'cancelled',
        reason: `Cancelled by its owner after ${stepsOf(run)}.`,
        etaSeconds: null,
        endedAt: at,
      };
  }
}

const active: readonly RunState[] = ['preparing', 'training', 'evaluating'];
const admittedIn: Readonly<Record<RunChange['kind'], readonly RunState[]>> = {
  started: ['queued'],
  prepared: ['preparing'],
  step: ['training', 'evaluating'],
  evaluating: ['training', 'evaluating'],
  evaluation: ['training', 'evaluating'],
  checkpoint: ['training', 'evaluating'],
  completed: ['training', 'evaluating'],
  failed: ['queued', ...active],
  cancelled: ['queued', ...active],
};

function afterStep(run: RunStatus, metrics: NonNullable<RunStatus['last']>): RunStatus {
  const stepSeconds = metrics.stepMs / 1000;
  const remaining = run.steps - metrics.step;
  // The step time is smoothed. Its old value is the old estimate, divided by the steps that were left then.
  const expected = run.etaSeconds === null ? stepSeconds : run.etaSeconds / Math.max(1, run.steps - run.step);
  return {
    ...run,
    state: 'training',
    reason: `Trains; ${metrics.step} of ${run.steps} steps are committed.`,
    step: metrics.step,
    last: metrics,
    etaSeconds: remaining * (0.8 * expected + 0.2 * stepSeconds),
    skippedSamples: run.skippedSamples + metrics.skipped,
  };
}

function stepsOf(run: RunStatus): string {
  return `${run.step} of ${run.steps} steps`;
}
