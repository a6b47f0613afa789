import type { RunConfig } from '#protocol/run/run-config.js';
import { trainableMatcher } from '#protocol/run/trainable.js';
import type { ModelTensor, ParameterSpec } from './parameter-spec.js';
import { parameterSpecs } from './parameters.js';
import { runningStatistics } from './running-statistics.js';

/**
 * The parameters a run changes, in parameterSpecs' order: of these alone are gradients computed, sent and summed, and
 * moments kept. The others stay as they are, bit for bit.
 */
export function trainableParameters({ model, train }: Pick<RunConfig, 'model' | 'train'>): ParameterSpec[] {
  return parameterSpecs(model).filter(trainableMatcher(train));
}

/**
 * All that a step changes, of which its blob of gradients holds one tensor each: the trained parameters, and the
 * running statistics of a tower that has some.
 */
export function updatedTensors(config: Pick<RunConfig, 'model' | 'train'>): ModelTensor[] {
  const trained = trainableParameters(config);
  const towers = new Set(trained.map(({ tower }) => tower));
  return [...trained, ...runningStatistics(config.model).filter(({ tower }) => towers.has(tower))];
}
