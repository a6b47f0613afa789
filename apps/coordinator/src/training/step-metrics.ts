import type { ContrastiveResult } from '#model/loss/contrastive-result.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import type { JournalNote } from '#store/run/journal.js';
import type { Traffic } from './shards/shard-exchange.js';
import type { CompletedStep, UpdatedState } from './step-parts.js';
import type { StepTimes } from './step-clock.js';

/** What is measured around a step, not inside it. */
export interface StepCounts {
  readonly stepMs: number;
  readonly traffic: Traffic;
  readonly workers: number;
}

/** The metrics of a completed step, as the run log, the API and the checkpoint hold them. */
export function stepMetrics(
  completed: CompletedStep,
  { batch }: Pick<RunConfig, 'batch'>,
  counts: StepCounts,
): StepMetrics {
  const { state, contrast, gradientNorm, learningRate, times } = completed;
  const { stepMs, workers, traffic } = counts;
  return {
    step: state.step,
    loss: contrast.loss,
    accuracy: contrast.accuracy,
    logitScale: Math.exp(state.lossParameters.logit_scale),
    learningRate,
    gradientNorm,
    pairsPerSecond: (batch / stepMs) * 1000,
    ...times,
    stepMs,
    loadMs: Math.max(0, ...traffic.loadMs.values()),
    bytesIn: traffic.bytesIn,
    bytesOut: traffic.bytesOut,
    workers,
    retries: traffic.retries,
    skipped: traffic.skipped.length,
    ...(traffic.longCaptions > 0 && { longCaptions: traffic.longCaptions }),
  };
}

/** What the journal keeps of a step besides its gradient. The times are those up to the journal. */
export function journalNote(
  { loss, accuracy }: ContrastiveResult,
  { encodeMs, lossMs, backpropMs }: StepTimes,
): JournalNote {
  return { loss, accuracy, encodeMs, lossMs, backpropMs };
}

/** The metrics of a step that was applied from the journal. Its loss is as it was; its times leave out the update. */
export function restoredMetrics(
  { state, learningRate }: UpdatedState,
  gradientNorm: number,
  note: JournalNote,
  { batch }: Pick<RunConfig, 'batch'>,
): StepMetrics {
  const [encodeMs = 0, lossMs = 0, backpropMs = 0] = [note['encodeMs'], note['lossMs'], note['backpropMs']];
  const stepMs = encodeMs + lossMs + backpropMs;
  return {
    step: state.step,
    loss: note['loss'] ?? 0,
    accuracy: note['accuracy'] ?? 0,
    logitScale: Math.exp(state.lossParameters.logit_scale),
    learningRate,
    gradientNorm,
    pairsPerSecond: stepMs === 0 ? 0 : (batch / stepMs) * 1000,
    encodeMs,
    lossMs,
    backpropMs,
    updateMs: 0,
    stepMs,
    loadMs: 0,
    bytesIn: 0,
    bytesOut: 0,
    workers: 0,
    retries: 0,
    skipped: 0,
  };
}
