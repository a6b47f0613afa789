import type { RunConfig } from '#protocol/run-config.js';
import { isTrained } from '#protocol/trained.js';
import type { ParameterSpec } from './parameter-spec.js';
import { parameterSpecs } from './parameters.js';

/**
 * The parameters a run changes, in parameterSpecs' order: of these alone are gradients computed, sent and summed, and moments
 * kept. The others stay as they are, bit for bit.
 */
export function trainedParameters({ model, train }: Pick<RunConfig, 'model' | 'train'>): ParameterSpec[] {
  return parameterSpecs(model).filter((parameter) => isTrained(train, parameter));
}
