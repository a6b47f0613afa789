import type { Device } from '#engine/device.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveLoss, ContrastiveResult } from '#model/loss/contrastive-result.js';
import { configAt, type StepsChange } from '#protocol/run/amendment.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { EvaluationResult } from '#protocol/run/evaluation-result.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import type { SpanExporter } from '#metrics/traces/span-exporter.js';
import { stepSpans } from '#metrics/traces/step-spans.js';
import { appendJournal } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import { removeStepBlobs } from '#store/run/step-blobs.js';
import type { StoreAccess } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import type { WorkerPool } from '../pool/worker-pool.js';
import type { TrainingEnd } from '../runs/trainer.js';
import type { Time } from '../time.js';
import { openOptimizer, type Optimizer } from './optimizer/optimizer.js';
import { dueEvaluations, dueFeatures } from './evaluate/due-evaluations.js';
import { evaluateRun } from './evaluate/evaluate-run.js';
import { inStep } from './shards/non-finite.js';
import { prepareRun, type PreparedRun } from './prepare/prepare-run.js';
import { checkpointInterval } from './state/checkpoint-interval.js';
import { restoreState } from './state/restore-state.js';
import { bestKept } from './state/best-checkpoint.js';
import { newestStep, saveCheckpoint, tidyRun, type Ownership } from './state/save-checkpoint.js';
import type { RunEvent } from './run-event.js';
import { openShardExchange } from './shards/shard-exchange.js';
import { startStepClock } from './step-clock.js';
import { journalNote, stepMetrics } from './step-metrics.js';
import { trainingStep } from './training-step.js';
import { beforeSteps, untilItWorks } from './until-it-works.js';
import type { TrainingState } from './state/training-state.js';

export interface TrainingRunOptions extends Ownership {
  readonly id: string;
  readonly config: RunConfig;
  readonly code: string;
  readonly store: Store;
  readonly storeAccess: StoreAccess;
  readonly pool: WorkerPool;
  /** Optimizer threads. */
  readonly threads: number;
  /** Where the loss and the evaluation run. */
  readonly device: Device;
  /** The numbers of steps that the run was given when it was resumed. */
  readonly stepsChanges: readonly StepsChange[];
  /** The evaluations that are done already. */
  readonly evaluations: readonly EvaluationResult[];
  readonly stopping: AbortSignal;
  readonly signal: AbortSignal;
  /** The priority of the run, which may change while it trains. */
  priority(): number;
  onEvent(event: RunEvent): void;
  readonly time: Time;
  /** Where spans of steps go, if anywhere. */
  readonly spans?: SpanExporter | undefined;
}

/** What a run needs once it is prepared. */
export type PreparedRunOptions = Omit<TrainingRunOptions, 'threads' | 'device' | 'evaluations'>;

/**
 * Trains a run to its last step, starting from its newest checkpoint and the journal written since, and evaluates it
 * when its document asks for that. Resolves when all of it is done and the last checkpoint is complete, or when it has
 * stopped as `stopping` asked. Rejects with the error that ended the run, which is CANCELLED if `signal` did, or if
 * `stopping` was aborted before the first step; committed steps stay committed.
 */
export async function runTraining(options: TrainingRunOptions): Promise<TrainingEnd> {
  const prepared = await beforeSteps(options, (signal) => prepareRun({ ...options, signal }));
  const { config, configHash, tokenizer } = prepared;
  const loss = await openContrastiveLoss(options.device, {
    batch: config.batch,
    width: config.model.embed_dim,
    loss: config.loss,
  });
  const optimizer = openOptimizer({ config, threads: options.threads });
  const evaluations = [...options.evaluations];
  const onEvent = (event: RunEvent): void => {
    if (event.kind === 'evaluation') evaluations.push(event.result);
    // Results of steps that were lost are lost too; the steps are taken and evaluated again.
    if (event.kind === 'restored')
      evaluations.splice(0, Infinity, ...evaluations.filter(({ step }) => step <= (event.metrics.at(-1)?.step ?? 0)));
    options.onEvent(event);
  };
  const evaluate = (state: TrainingState): Promise<void> =>
    evaluateRun({ ...options, run: options.id, config, configHash, tokenizer, state, evaluations, onEvent });
  try {
    return await trainPrepared({ ...options, onEvent }, { ...prepared, loss, optimizer, evaluate, evaluations });
  } finally {
    await loss.dispose();
    await optimizer.close();
  }
}

/** What a run trains with. The caller closes it. */
export interface TrainingParts extends Omit<PreparedRun, 'tokenizer'> {
  readonly tokenizer: Pick<PreparedRun['tokenizer'], 'document'>;
  readonly loss: ContrastiveLoss;
  readonly optimizer: Optimizer;
  readonly evaluate: (state: TrainingState) => Promise<void>;
  /** The results so far; `evaluate` adds to them. */
  readonly evaluations: readonly EvaluationResult[];
}

/** The same for a run that is prepared. Nothing here depends on devices, threads or the real time. */
export async function trainPrepared(options: PreparedRunOptions, parts: TrainingParts): Promise<TrainingEnd> {
  const { id, store, storeAccess, onEvent, stopping, stepsChanges, epoch } = options;
  const { config, derived, optimizer } = parts;
  const outlasting = untilItWorks(options);
  const configFor = (step: number): RunConfig => configAt(config, stepsChanges, step);
  onEvent({ kind: 'prepared', derived });
  const start = await beforeSteps(options, (signal) =>
    restoreState({ store, run: id, configAt: configFor, optimizer, storeAccess, signal }),
  );
  const { metrics, losses } = start;
  if (start.state.step > 0 || losses.length > 0) onEvent({ kind: 'restored', metrics: [...metrics], losses });
  await outlasting(() => removeStepBlobs(store, id, epoch)); // What a coordinator that died has left.
  const step = openStep(options, parts, configFor);
  let checkpointed = await outlasting(() => newestStep(store, id));
  let told: EvaluationResult | undefined;
  const save = async (at: TrainingState): Promise<void> => {
    if (at.step === checkpointed) return;
    const folder = await outlasting(async () => {
      const best = (await bestKept(store, id, config, parts.evaluations))?.folder;
      const extras = { config, tokenizer: parts.tokenizer.document, metrics, best };
      return saveCheckpoint(store, id, at, extras, options);
    });
    checkpointed = at.step;
    onEvent({ kind: 'checkpoint', url: urlOf(store, folder) });
  };
  const evaluate = async (at: TrainingState): Promise<void> => {
    if (dueEvaluations(at.step, config).length + dueFeatures(at.step, config).length === 0) return;
    await outlasting(() => parts.evaluate(at));
    await keepBest(at);
  };
  const keepBest = async (at: TrainingState): Promise<void> => {
    const bestNow = (): ReturnType<typeof bestKept> =>
      outlasting(() => bestKept(store, id, config, parts.evaluations, at.step));
    let best = await bestNow();
    if (best && best.folder === undefined) {
      await save(at);
      best = await bestNow();
    }
    if (best?.folder === undefined || (best.result.step === told?.step && best.result.name === told.name)) return;
    onEvent({ kind: 'best', result: best.result, url: urlOf(store, best.folder) });
    told = best.result;
  };

  let { state } = start;
  await keepBest(state);
  await evaluate(state); // What a coordinator that died had no time for, or what was added since.
  while (state.step < config.steps && !stopping.aborted) {
    const taken = await outlasting(() => step(state));
    state = taken.state; // Invariant C1: here the run advances, and nowhere else.
    metrics.push(taken.metrics);
    onEvent({ kind: 'step', metrics: taken.metrics });
    await outlasting(() => store.removeAll(runKeys(id).step(state.step - 1, epoch).prefix));
    if (isCheckpointDue(state, checkpointed, config)) await save(state);
    await evaluate(state);
  }
  await save(state);
  await outlasting(() => tidyRun(store, id, state.step, options));
  return state.step < config.steps ? 'stopped' : 'complete';
}

function isCheckpointDue({ step, moments }: TrainingState, checkpointed: number, config: RunConfig): boolean {
  const { checkpoint, steps } = config;
  const isLate = step - checkpointed >= checkpointInterval(config, moments.byteLength / 2);
  return step === steps || step % checkpoint.everySteps === 0 || isLate;
}

function traceStep({ id: run, epoch, spans }: PreparedRunOptions, step: number, metrics: StepMetrics): void {
  if (!spans) return;
  const { workers, retries, loss } = metrics;
  const attributes = { 'tandem.workers': workers, 'tandem.retries': retries, 'tandem.loss': loss };
  for (const span of stepSpans({ run, epoch, step }, metrics, Date.now(), attributes)) spans.record(span);
}

type TakeStep = (state: TrainingState) => Promise<{ readonly state: TrainingState; readonly metrics: StepMetrics }>;

/** The training step with its parts and a clock. Errors that end it name the run, the step and, if known, the shard. */
function openStep(
  options: PreparedRunOptions,
  { config, configHash, shards, loss, optimizer }: TrainingParts,
  configFor: (step: number) => RunConfig,
): TakeStep {
  const { id, epoch, code, store, pool: workers, signal, time } = options;
  const nowMs = (): number => time.nowMs();
  const pool = openShardExchange({
    run: id,
    epoch,
    config,
    configHash,
    code,
    shards,
    store,
    pool: workers,
    optimizer,
    signal,
    priority: options.priority,
    onFinding: options.onEvent,
  });
  return async (before) => {
    const startedMs = nowMs();
    const clock = startStepClock(nowMs);
    let contrast: ContrastiveResult;
    try {
      const completed = await trainingStep(before, {
        config: configFor(before.step),
        pool,
        loss: { ...loss, run: async (...given) => (contrast = await loss.run(...given)) },
        optimizer,
        async journal(step, gradient) {
          await appendJournal(store, id, step, gradient, journalNote(contrast, clock.times));
          // Only now: whoever takes over reads the journal after this coordinator's claim is gone.
          await options.checkOwner();
        },
        clock,
      });
      const counts = {
        stepMs: nowMs() - startedMs,
        traffic: pool.takeTraffic(),
        workers: workers.workers().filter(({ state }) => state === 'idle' || state === 'busy').length,
      };
      const metrics = stepMetrics(completed, config, counts);
      traceStep(options, before.step, metrics);
      return { state: completed.state, metrics };
    } catch (error) {
      const { prefix } = runKeys(id).step(before.step, epoch);
      throw inStep(error, { run: id, step: before.step, shards, blobs: urlOf(store, prefix) });
    }
  };
}
