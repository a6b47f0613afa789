import type { Device } from '#engine/device.js';
import { openContrastiveLoss } from '#model/loss/contrastive-loss.js';
import type { ContrastiveLoss } from '#model/loss/contrastive-result.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import { appendJournal } from '#store/run/journal.js';
import { runKeys } from '#store/run/keys.js';
import type { StoreAccess } from '#store/open-store.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import type { WorkerPool } from '../pool/worker-pool.js';
import { openOptimizer, type Optimizer } from './optimizer/optimizer.js';
import { evaluateRun } from './evaluate-run.js';
import { inStep } from './shards/non-finite.js';
import { prepareRun, type PreparedRun } from './prepare/prepare-run.js';
import { restoreState } from './state/restore-state.js';
import { saveCheckpoint } from './state/save-checkpoint.js';
import type { RunEvent } from './run-event.js';
import { openShardExchange } from './shards/shard-exchange.js';
import { startStepClock } from './step-clock.js';
import { stepMetrics } from './step-metrics.js';
import { trainingStep } from './training-step.js';
import type { TrainingState } from './state/training-state.js';

export interface TrainingRunOptions {
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
  readonly signal: AbortSignal;
  onEvent(event: RunEvent): void;
  readonly nowMs: () => number;
}

/**
 * Trains a run to its last step, starting from its newest checkpoint and the journal written since, and evaluates it
 * when its document asks for that. Resolves when all of it is done and the last checkpoint is complete. Rejects with
 * the error that ended the run, which is CANCELLED if `signal` did; committed steps stay committed.
 */
export async function runTraining(options: TrainingRunOptions): Promise<void> {
  const { id, store, device, onEvent } = options;
  const prepared = await prepareRun(options);
  const { config, derived } = prepared;
  const loss = await openContrastiveLoss(device, {
    batch: config.batch,
    width: config.model.embed_dim,
    loss: config.loss,
  });
  const optimizer = openOptimizer({ config, threads: options.threads });
  try {
    onEvent({ kind: 'prepared', derived });
    const start = await restoreState({ store, run: id, config, optimizer, storeAccess: options.storeAccess });
    const metrics = start.metrics.filter(({ step }) => step <= start.state.step);
    const step = openStep(options, prepared, loss, optimizer);
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
      if (isEvaluationDue(state.step, config))
        await evaluateRun({ ...options, config, tokenizer: prepared.tokenizer, state });
    }
  } finally {
    await loss.dispose();
    await optimizer.close();
  }
}

function isEvaluationDue(step: number, { evaluation, steps }: RunConfig): boolean {
  if (evaluation.zeroShot.length === 0) return false;
  return step === steps || (evaluation.everySteps !== undefined && step % evaluation.everySteps === 0);
}

type TakeStep = (state: TrainingState) => Promise<{ readonly state: TrainingState; readonly metrics: StepMetrics }>;

/** The training step with its parts and a clock. Errors that end it name the run, the step and, if known, the shard. */
function openStep(
  options: TrainingRunOptions,
  prepared: PreparedRun,
  loss: ContrastiveLoss,
  optimizer: Optimizer,
): TakeStep {
  const { id, code, store, pool: workers, signal, nowMs } = options;
  const { config, configHash, shards } = prepared;
  const pool = openShardExchange({
    run: id,
    config,
    configHash,
    code,
    shards,
    store,
    pool: workers,
    optimizer,
    signal,
  });
  const journal = (step: number, gradient: Uint8Array): Promise<void> => appendJournal(store, id, step, gradient);
  return async (before) => {
    const startedMs = nowMs();
    const retriesBefore = workers.retries();
    try {
      const completed = await trainingStep(before, {
        config,
        pool,
        loss,
        optimizer,
        journal,
        clock: startStepClock(nowMs),
      });
      const counts = {
        stepMs: nowMs() - startedMs,
        traffic: pool.takeTraffic(),
        retries: workers.retries() - retriesBefore,
        workers: workers.workers().filter(({ state }) => state === 'idle' || state === 'busy').length,
      };
      return { state: completed.state, metrics: stepMetrics(completed, config, counts) };
    } catch (error) {
      throw inStep(error, { run: id, step: before.step, shards });
    }
  };
}
