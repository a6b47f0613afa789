import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import { constant, type ModelTensor } from './parameter-spec.js';
import { batchNorms } from '../towers/resnet-shape.js';

/** How much of a running statistic a step replaces. Source: PyTorch, BatchNorm2d. */
const momentum = 0.1;

const suffixes = { mean: '.running_mean', variance: '.running_var' };

/** Names of the running statistics of the batch norm `prefix`; open_clip's. */
export function runningMean(prefix: string): string {
  return prefix + suffixes.mean;
}

export function runningVariance(prefix: string): string {
  return prefix + suffixes.variance;
}

export function isRunningStatistic(name: string): boolean {
  return name.endsWith(suffixes.mean) || name.endsWith(suffixes.variance);
}

/**
 * What batch norms divide by in evaluation, in a fixed order: a mean and a variance [C] of each, 0 and 1 at first. None
 * in a Vision Transformer.
 */
export function runningStatistics({ vision_cfg: vision }: ClipConfig): ModelTensor[] {
  if (!isResNet(vision)) return [];
  return batchNorms(vision).flatMap(({ prefix, channels }) => [
    { name: runningMean(prefix), shape: [channels], tower: 'image', initial: constant(0) },
    { name: runningVariance(prefix), shape: [channels], tower: 'image', initial: constant(1) },
  ]);
}

/**
 * running ← 0.9·running + 0.1·batch in place, in float64, rounded to float32. `batch`: the batch statistic, a mean over
 * the step's images.
 */
export function updateRunningStatistic(running: Float32Array, batch: Float32Array): void {
  for (let i = 0; i < running.length; i++) running[i] = (1 - momentum) * running[i]! + momentum * batch[i]!;
}
