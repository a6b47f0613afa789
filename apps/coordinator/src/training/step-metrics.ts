import type { RunConfig } from '#protocol/run/run-config.js';
import type { StepMetrics } from '#protocol/run/run-status.js';
import type { Traffic } from './shards/shard-exchange.js';
import type { CompletedStep } from './step-parts.js';

/** What is measured around a step, not inside it. */
export interface StepCounts {
  readonly stepMs: number;
  readonly traffic: Traffic;
  readonly retries: number;
  readonly workers: number;
}

/** The metrics of a completed step, as the run log, the API and the checkpoint hold them. */
export function stepMetrics(
  completed: CompletedStep,
  { batch }: Pick<RunConfig, 'batch'>,
  counts: StepCounts,
): StepMetrics {
  const { state, contrast, gradientNorm, learningRate, times } = completed;
  const { stepMs, retries, workers, traffic } = counts;
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
    retries,
    skipped: traffic.skipped.length,
  };
}
