import type { ClipConfig } from '#protocol/run/run-config.js';
import { isResNet } from '#protocol/run/vision-config.js';
import { constant, type ModelTensor } from './parameter-spec.js';
import { batchNorms } from '../towers/resnet-shape.js';

/** The share of a running statistic that a step replaces. Source: PyTorch, BatchNorm2d. */
const momentum = 0.1;

const suffixes = { mean: '.running_mean', variance: '.running_var' };

/** open_clip's name for the running mean of the batch norm `prefix`. */
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
 * The statistics by which batch norms normalise in evaluation, in a fixed order: a mean and a variance [C] for each
 * norm, initially 0 and 1. A Vision Transformer has none.
 */
export function runningStatistics({ vision_cfg: vision }: ClipConfig): ModelTensor[] {
  if (!isResNet(vision)) return [];
  return batchNorms(vision).flatMap(({ prefix, channels }) => [
    { name: runningMean(prefix), shape: [channels], tower: 'image', initial: constant(0) },
    { name: runningVariance(prefix), shape: [channels], tower: 'image', initial: constant(1) },
  ]);
}

/**
 * running ← 0.9·running + 0.1·batch, in place, computed in float64 and rounded to float32. `batch` is the batch
 * statistic, a mean over the step's images.
 */
export function updateRunningStatistic(running: Float32Array, batch: Float32Array): void {
  for (let i = 0; i < running.length; i++) running[i] = (1 - momentum) * running[i]! + momentum * batch[i]!;
}
