import { adamW, type AdamWHyper } from './adam-w.js';
import { clipGradients, gradientNorm } from './gradient-norm.js';
import { clampLogitScale } from './logit-scale.js';
import { named, type NamedValues } from './named.js';
import type { ParameterSpec } from './parameters.js';

export interface ParameterUpdate {
  readonly specs: readonly ParameterSpec[];
  /** Overwritten. */
  readonly parameters: NamedValues;
  /** Gradient of the mean loss over the N pairs; scaled in place if clipped. */
  readonly gradients: NamedValues;
  /** Overwritten; zeros at first. */
  readonly firstMoments: NamedValues;
  /** Overwritten; zeros at first. */
  readonly secondMoments: NamedValues;
  readonly hyper: AdamWHyper;
  /** Largest global norm of the gradients, if any. */
  readonly clipNorm?: number;
  /** Does weight decay apply to this parameter? open_clip's rule, spec.decay, if left out. */
  readonly decays?: (spec: ParameterSpec) => boolean;
}

/**
 * One update of all parameters in place: clip the global norm, AdamW, hold logit_scale within [0, ln 100].
 * Returns the norm of the gradients before clipping. Source: open_clip, train.py.
 */
export function updateParameters(update: ParameterUpdate): number {
  const { specs, hyper, clipNorm, decays = (spec) => spec.decay } = update;
  const gradients = specs.map(({ name }) => named(update.gradients, name));
  const norm = gradientNorm(gradients);
  if (clipNorm !== undefined) clipGradients(gradients, norm, clipNorm);
  for (const spec of specs) {
    const tensors = {
      parameters: named(update.parameters, spec.name),
      gradients: named(update.gradients, spec.name),
      firstMoments: named(update.firstMoments, spec.name),
      secondMoments: named(update.secondMoments, spec.name),
    };
    adamW(tensors, decays(spec) ? hyper : { ...hyper, weightDecay: 0 });
  }
  const logitScale = named(update.parameters, 'logit_scale');
  logitScale[0] = clampLogitScale(logitScale[0] as number);
  return norm;
}
