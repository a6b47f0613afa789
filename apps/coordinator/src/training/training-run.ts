import type { Device } from '#engine/device.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveLoss, ContrastiveResult } from '#model/loss/contrastive-result.js';
import type { RunConfig } from '#protocol/run-config.js';
import type { StepMetrics } from '#protocol/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { appendJournal } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import type { StoreAccess } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import type { WorkerPool } from '../pool/worker-pool.js';
import { openOptimizer, type Optimizer } from './optimizer/optimizer.js';
import { evaluateRun } from './evaluate-run.js';
import { nonFiniteGradient, nonFiniteLoss } from './shards/non-finite.js';
import { prepareRun, type PreparedRun } from './prepare/prepare-run.js';
import { hyperAt, restoreState, saveCheckpoint, updated, type SummedGradient } from './state/restore-state.js';
import type { RunEvent } from './run-event.js';
import { openShardExchange, type PublishedParameters, type ShardExchange } from './shards/shard-exchange.js';
import { timed, type StepTiming } from './step-timing.js';
import { trainingStep, type StepParts } from './training-step.js';
import type { TrainingState } from './state/training-state.js';

export interface TrainingRunOptions {
  readonly id: string;
  readonly config: RunConfig;
  readonly code: string;
  readonly store: Store;
  readonly storeAccess: StoreAccess;
  readonly pool: WorkerPool;
  /** Threads of the sums and the update. */
  readonly threads: number;
  /** Where the loss and the evaluation run. */
  readonly device: Device;
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
  readonly nowMs: () => number;
}

/**
 * Train a run from where it stands, its newest checkpoint and the journal since, to its last step; then evaluate.
 * Resolves when the last checkpoint is complete. Rejects with the error that ended it, CANCELLED if that was the signal;
 * what is committed stays committed.
 */
export async function runTraining(options: TrainingRunOptions): Promise<void> {
  const { id, store, device, onEvent } = options;
  const prepared = await prepareRun(options);
  const { config, derived } = prepared;
  const loss = await openContrastiveLoss(device, { batch: config.batch, width: config.model.embed_dim, loss: config.loss });
  const arithmetic = openOptimizer({ threads: options.threads });
  try {
    onEvent({ kind: 'prepared', derived });
    const start = await restoreState({ store, run: id, config, arithmetic, storeAccess: options.storeAccess });
    const metrics = start.metrics.filter(({ step }) => step <= start.state.step);
    const step = openStep(options, prepared, loss, arithmetic);
    const save = async (at: TrainingState): Promise<void> => {
      const folder = await saveCheckpoint(store, id, at, { config, tokenizer: prepared.tokenizer.document, metrics });
      onEvent({ kind: 'checkpoint', url: urlOf(store, folder) });
    };
    let { state } = start;
    while (state.step < config.steps) {
      const taken = await step(state);
      state = taken.state; // Invariant C1: here the run advances, and nowhere else.
      metrics.push(taken.metrics);
      onEvent({ kind: 'step', metrics: taken.metrics });
      await store.removeAll(runKeys(id).step(state.step - 1).prefix);
      if (state.step % config.checkpoint.everySteps === 0 || state.step === config.steps) await save(state);
      if (isEvaluationDue(state.step, config)) await evaluateRun({ ...options, config, tokenizer: prepared.tokenizer, state });
    }
  } finally {
    await loss.dispose();
    await arithmetic.close();
  }
}

function isEvaluationDue(step: number, { evaluation, steps }: RunConfig): boolean {
  if (evaluation.zeroShot.length === 0) return false;
  return step === steps || (evaluation.everySteps !== undefined && step % evaluation.everySteps === 0);
}

type TakeStep = (state: TrainingState) => Promise<{ readonly state: TrainingState; readonly metrics: StepMetrics }>;

/** The parts of a step, put together: what travels, what is computed here, and the clock around both. */
function openStep(options: TrainingRunOptions, prepared: PreparedRun, loss: ContrastiveLoss, arithmetic: Optimizer): TakeStep {
  const { id, code, store, pool, signal, nowMs } = options;
  const { config, configHash, shards } = prepared;
  const exchange = openShardExchange({ run: id, config, configHash, code, shards, store, pool, arithmetic, signal });
  let gradientNorm = 0;
  const { parts, timing } = timed<StepParts<TrainingState, PublishedParameters, SummedGradient>>(
    {
      publish: (state) => exchange.publish(state),
      encode: (step, parameters) => exchange.encode(step, parameters),
      contrast: (embeddings, lossParameters) => loss.run(embeddings, lossParameters),
      async backprop(step, parameters, contrast) {
        const bytes = await exchange.backprop(step, parameters, contrast);
        gradientNorm = await arithmetic.norm(bytes);
        if (!Number.isFinite(gradientNorm)) throw await nonFiniteGradient(store, id, step, shards);
        return { bytes, norm: gradientNorm };
      },
      journal: (step, { bytes }) => appendJournal(store, id, step, bytes),
      update: (state, gradient) => updated(state, gradient, config, arithmetic),
    },
    nowMs,
  );
  return async (before) => {
    const started = nowMs();
    const retriesBefore = pool.retries();
    timing.clear();
    try {
      const { state, contrast } = await trainingStep(before, parts);
      const stepMs = nowMs() - started;
      const retries = pool.retries() - retriesBefore;
      const workers = pool.workers().filter((worker) => worker.state === 'idle' || worker.state === 'busy').length;
      return { state, metrics: metricsOf({ state, contrast, config, gradientNorm, timing, stepMs, retries, workers, exchange }) };
    } catch (error) {
      const isLossError = error instanceof TandemError && error.code === ErrorCode.NonFinite && error.context['step'] === undefined;
      throw isLossError ? nonFiniteLoss(error, id, before.step, shards) : error;
    }
  };
}

interface MetricsInput {
  readonly state: TrainingState;
  readonly contrast: ContrastiveResult;
  readonly config: RunConfig;
  readonly gradientNorm: number;
  readonly timing: StepTiming<keyof StepParts<TrainingState, PublishedParameters, SummedGradient>>;
  readonly stepMs: number;
  readonly retries: number;
  readonly workers: number;
  readonly exchange: ShardExchange;
}

function metricsOf({ state, contrast, config, gradientNorm, timing: { ms }, stepMs, retries, workers, exchange }: MetricsInput): StepMetrics {
  const { bytesIn, bytesOut, skipped, loadMs } = exchange.takeTraffic();
  return {
    step: state.step,
    loss: contrast.loss,
    accuracy: contrast.accuracy,
    logitScale: Math.exp(state.lossParameters.logit_scale),
    learningRate: hyperAt(state.step - 1, config).learningRate,
    gradientNorm,
    pairsPerSecond: (config.batch / stepMs) * 1000,
    encodeMs: ms.publish + ms.encode,
    lossMs: ms.contrast,
    backpropMs: ms.backprop,
    updateMs: Math.max(ms.journal, ms.update), // Both at once.
    stepMs,
    loadMs: Math.max(0, ...loadMs.values()),
    bytesIn,
    bytesOut,
    workers,
    retries,
    skipped: skipped.length,
  };
}
