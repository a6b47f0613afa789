import type { RunConfig } from '#protocol/run/run-config.js';
import { trainableMatcher } from '#protocol/run/trainable.js';
import type { ModelTensor, ParameterSpec } from './parameter-spec.js';
import { parameterSpecs } from './parameters.js';
import { isRunningStatistic, runningStatistics } from './running-statistics.js';

/**
 * The parameters that a run changes, in parameterSpecs' order. Only these have gradients, which are computed, sent and
 * summed, and moments. The others stay as they are, bit for bit.
 */
export function trainableParameters({ model, train }: Pick<RunConfig, 'model' | 'train'>): ParameterSpec[] {
  return parameterSpecs(model).filter(trainableMatcher(train));
}

/**
 * All tensors that a step changes: the trained parameters, and the running statistics of each tower with a trained
 * parameter. Its blob of gradients holds one tensor for each of them.
 */
export function updatedTensors(config: Pick<RunConfig, 'model' | 'train'>): ModelTensor[] {
  const trained = trainableParameters(config);
  const towers = new Set(trained.map(({ tower }) => tower));
  return [...trained, ...runningStatistics(config.model).filter(({ tower }) => towers.has(tower))];
}

/** Tells which of these tensors a worker rounds to bfloat16 when it sends its sums: gradients, if the run says so. */
export function sentAsBfloat16({ gradients }: Pick<RunConfig, 'gradients'>): (name: string) => boolean {
  return (name) => gradients?.precision === 'bfloat16' && !isRunningStatistic(name);
}
