import type { Amendment, StepsChange } from '#protocol/run/amendment.js';
import { isCount, isDownload, isTraining, type RunDocument } from '#protocol/document/run-document.js';
import { endStates, hasEnded, type RunState, type RunStatus, type StepMetrics } from '#protocol/run/run-status.js';
import type { WireError } from '#protocol/tandem-error.js';
import { byteSize } from './checks/byte-size.js';
import type { Desertion } from './checks/worker-room.js';
import type { RunEvent } from '../training/run-event.js';

/** Everything that can change the status of a run: what its training reports, and what its owner does. */
export type RunChange =
  | RunEvent
  | { readonly kind: 'started' }
  | { readonly kind: 'completed' }
  | { readonly kind: 'failed'; readonly error: Pick<WireError, 'code' | 'message' | 'help'> }
  | { readonly kind: 'cancelled' }
  /** Stopped by its owner, to be resumed. */
  | { readonly kind: 'paused' }
  /** Its coordinator stopped, or was found to have stopped: the run goes on when one is there. */
  | { readonly kind: 'interrupted' }
  /** Queued again by its owner, perhaps with changes to its document. */
  | { readonly kind: 'resumed'; readonly amendment: Amendment }
  /** Given another priority by its owner. */
  | { readonly kind: 'prioritized'; readonly priority: number }
  /** No worker is there that can do its tasks, since this time in ISO 8601. */
  | { readonly kind: 'deserted'; readonly since: string; readonly why: Desertion };

const active: readonly RunState[] = ['preparing', 'training', 'evaluating', 'downloading', 'counting'];

/** Does someone train it, as far as its status says? */
export function isUnderWay({ state }: RunStatus): boolean {
  return active.includes(state);
}

export interface NewRun {
  readonly id: string;
  readonly config: RunDocument;
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
    reason: 'Waits for its turn: others train, as many at once as the coordinator may, or as its memory holds.',
    error: null,
    createdAt: at,
    startedAt: null,
    endedAt: null,
    step: 0,
    steps: isTraining(config) ? config.steps : 0,
    etaSeconds: null,
    last: null,
    derived: null,
    evaluations: [],
    checkpoint: null,
    best: null,
    skippedSamples: 0,
    stepsChanges: [],
    store,
    idempotencyKey,
    config,
  };
}

/**
 * The status of a run after a change.
 *
 *     queued ─started→ preparing ─prepared→ training ⇄ evaluating ─completed→ completed
 *        any of these ─failed→ failed, ─cancelled→ cancelled, ─paused→ paused, ─interrupted→ queued
 *        paused, or any that has ended ─resumed→ queued
 *
 * A run that has ended changes only if it is resumed. Throws if the change is not possible in the run's state, which is
 * a defect of the caller.
 */
export function afterChange(run: RunStatus, change: RunChange, at: string): RunStatus {
  if (hasEnded(run) && change.kind !== 'resumed') return run;
  const admitted = admittedIn[change.kind];
  if (!admitted.includes(run.state)) {
    throw new Error(
      `Run ${run.id}: expected '${change.kind}' only when ${admitted.join(' or ')}, got it when ${run.state}`,
    );
  }
  const ended = { etaSeconds: null, endedAt: at };
  switch (change.kind) {
    case 'started':
      return { ...run, state: 'preparing', reason: preparationOf(run), startedAt: at };
    case 'prepared':
      return { ...run, state: 'training', reason: trainingOf(run), derived: change.derived };
    case 'counting':
    case 'counted':
      return afterCount(run, change.kind, change.files);
    case 'listed':
    case 'downloaded':
      return afterDownload(run, change);
    case 'restored':
      return afterRestore(run, change.metrics, change.losses);
    case 'waiting':
    case 'miscomputed':
    case 'unverified':
      return { ...run, reason: change.reason, etaSeconds: null };
    case 'deserted':
      return {
        ...run,
        reason: `Waits for workers after ${stepsOf(run)}: ${desertionText(change.why, change.since)}`,
        etaSeconds: null,
      };
    case 'step':
      return afterStep(run, change.metrics);
    case 'evaluating':
      return { ...run, state: 'evaluating', reason: `Evaluates the parameters after ${stepsOf(run)}.` };
    case 'evaluation':
      return { ...run, evaluations: [...run.evaluations, change.result] };
    case 'best':
      return { ...run, best: { result: change.result, checkpoint: change.url } };
    case 'checkpoint':
      return { ...run, checkpoint: change.url };
    case 'pool':
      return run;
    case 'completed':
      return { ...run, ...ended, state: 'completed', reason: completionOf(run) };
    case 'failed':
      return afterFailure(run, change.error, at);
    case 'cancelled':
      return { ...run, ...ended, state: 'cancelled', reason: `Cancelled by its owner after ${stepsOf(run)}.` };
    case 'paused':
      return {
        ...run,
        state: 'paused',
        reason: `Paused by its owner after ${stepsOf(run)}; resume goes on from there.`,
        etaSeconds: null,
      };
    case 'interrupted':
      return {
        ...run,
        state: 'queued',
        reason: `Its coordinator stopped after ${stepsOf(run)}; it goes on from there.`,
        etaSeconds: null,
      };
    case 'prioritized':
      return { ...run, config: { ...(run.config as RunDocument), priority: change.priority } };
    case 'resumed':
      return afterResume(run, change.amendment, at);
  }
}

const admittedIn: Readonly<Record<RunChange['kind'], readonly RunState[]>> = {
  started: ['queued'],
  prepared: ['preparing'],
  step: ['training', 'evaluating'],
  restored: ['training'],
  waiting: active,
  miscomputed: active,
  unverified: active,
  deserted: active,
  counting: ['preparing'],
  counted: ['counting'],
  listed: ['preparing'],
  downloaded: ['downloading'],
  evaluating: ['training', 'evaluating'],
  evaluation: ['training', 'evaluating'],
  best: ['training', 'evaluating'],
  checkpoint: ['training', 'evaluating'],
  pool: ['queued', 'paused', ...active],
  completed: ['training', 'evaluating', 'downloading', 'counting'],
  failed: ['queued', ...active],
  cancelled: ['queued', 'paused', ...active],
  paused: ['queued', ...active],
  interrupted: active,
  prioritized: ['queued', 'paused', ...active],
  resumed: ['paused', ...endStates],
};

/** A run that goes on: what was lost is taken again, so its step may be lower than it was. */
function afterRestore(run: RunStatus, metrics: readonly StepMetrics[], losses: readonly string[]): RunStatus {
  const last = metrics.at(-1) ?? null;
  const step = last?.step ?? 0;
  const back = step < run.step ? ` Steps after ${step} of ${run.step} are taken again.` : '';
  return {
    ...run,
    step,
    last,
    evaluations: run.evaluations.filter((one) => one.step <= step),
    reason: [`Goes on after ${step} of ${run.steps} steps.${back}`, ...losses].join(' '),
  };
}

function afterResume(run: RunStatus, amendment: Amendment, at: string): RunStatus {
  const steps = amendment.steps ?? run.steps;
  const change: StepsChange = { at, fromStep: run.step, from: run.steps, to: steps };
  return {
    ...run,
    state: 'queued',
    reason: `Resumed by its owner; it goes on after ${stepsOf({ ...run, steps })}.`,
    error: null,
    endedAt: null,
    steps,
    stepsChanges: steps === run.steps ? run.stepsChanges : [...run.stepsChanges, change],
    config: { ...(run.config as RunDocument), ...amendment },
  };
}

function afterStep(run: RunStatus, metrics: StepMetrics): RunStatus {
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
    ...(metrics.longCaptions !== undefined && { longCaptions: (run.longCaptions ?? 0) + metrics.longCaptions }),
  };
}

function desertionText(why: Desertion, since: string): string {
  switch (why.kind) {
    case 'nobody':
      return `there are none since ${since}. Start one: tandem worker`;
    case 'tooSmall':
      return (
        `since ${since} none has the ${byteSize(why.neededBytes)} of memory that the run needs at least; the largest ` +
        `has ${byteSize(why.largestBytes)}. Start one where there is more, or submit the run with a smaller microBatch`
      );
  }
}

function afterDownload(run: RunStatus, change: Extract<RunChange, { kind: 'listed' | 'downloaded' }>): RunStatus {
  if (change.kind === 'listed') {
    const reason = `Downloads; no tar of ${change.tars} is written yet.`;
    return { ...run, state: 'downloading', reason, step: 0, steps: change.tars };
  }
  const { tars, stored, failed, account } = change;
  const pictures = `${stored.toLocaleString('en')} pictures stored, ${failed.toLocaleString('en')} failed`;
  const reason = `Downloads; ${tars} of ${run.steps} tars are written: ${pictures}.`;
  return { ...run, reason, step: tars, download: account };
}

function afterFailure(
  run: RunStatus,
  { code, message, help }: Pick<WireError, 'code' | 'message' | 'help'>,
  at: string,
): RunStatus {
  return {
    ...run,
    state: 'failed',
    reason: `Stopped after ${stepsOf(run)}: ${message.split('\n')[0]}`,
    error: { code, message, help },
    etaSeconds: null,
    endedAt: at,
  };
}

function afterCount(run: RunStatus, kind: 'counting' | 'counted', files: number): RunStatus {
  if (kind === 'counting') return { ...run, state: 'counting', reason: 'Counts.', step: 0, steps: files };
  return { ...run, reason: `Counts; ${files} of ${run.steps} files are counted.`, step: files };
}

function completionOf({ steps, config }: RunStatus): string {
  if (isCount(config)) return `All ${steps} files are counted.`;
  return isDownload(config) ? `All ${steps} tars are written.` : `All ${steps} steps are committed.`;
}

function preparationOf({ config }: RunStatus): string {
  if (isCount(config)) return 'Looks for its files.';
  return isDownload(config) ? 'Reads its list.' : 'Reads its data sets and makes its parameters.';
}

function trainingOf(run: RunStatus): string {
  return run.step === 0 ? 'Trains; no step is committed yet.' : `Trains on after ${stepsOf(run)}.`;
}

function stepsOf(run: Pick<RunStatus, 'step' | 'steps' | 'config'>): string {
  return `${run.step} of ${run.steps} ${unitsOf(run)}`;
}

function unitsOf({ config }: Pick<RunStatus, 'config'>): string {
  if (isCount(config)) return 'files';
  return isDownload(config) ? 'tars' : 'steps';
}
