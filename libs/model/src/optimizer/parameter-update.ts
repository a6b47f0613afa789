import { adamW, type AdamWHyper } from './adam-w.js';
import { clampLogitScale } from '../loss/logit-scale.js';
import { requireTensor, type NamedValues } from '../parameters/named-values.js';
import { parameterPieces, valuesOf, type ParameterPiece } from './parameter-piece.js';
import type { ParameterSpec } from '../parameters/parameter-spec.js';
import { isRunningStatistic, updateRunningStatistic } from '../parameters/running-statistics.js';

export interface ParameterUpdate {
  readonly specs: readonly ParameterSpec[];
  /** Overwritten. */
  readonly parameters: NamedValues;
  /**
   * Of the mean loss over the N pairs; of a running statistic what the step saw, a mean over its N images. A tensor
   * that has none stays as it is.
   */
  readonly gradients: NamedValues;
  /** Overwritten; zeros at first. */
  readonly firstMoments: NamedValues;
  /** Overwritten; zeros at first. */
  readonly secondMoments: NamedValues;
  readonly hyper: AdamWHyper;
  /** What clipping multiplies the gradients by (clipFactor); 1 if left out. */
  readonly gradientFactor?: number;
  /** Does weight decay apply to this parameter? open_clip's rule, spec.decay, if left out. */
  readonly decays?: (spec: ParameterSpec) => boolean;
}

/**
 * One update in place: AdamW, logit_scale held within [0, ln 100]; a tenth of each running statistic replaced. Of all
 * values, or of these pieces of parameterPieces only: no value's update depends on another value's. Source: open_clip,
 * train.py.
 */
export function updateParameters(
  update: ParameterUpdate,
  pieces: Iterable<ParameterPiece> = parameterPieces(update.gradients),
): void {
  const { specs, hyper, gradientFactor, decays = (spec) => spec.decay } = update;
  const undecayed = { ...hyper, weightDecay: 0 };
  const hyperOf: Readonly<Record<string, AdamWHyper>> = Object.fromEntries(
    specs.map((spec) => [spec.name, decays(spec) ? hyper : undecayed]),
  );
  for (const piece of pieces) {
    const parameters = valuesOf(piece, update.parameters);
    if (isRunningStatistic(piece.name)) {
      updateRunningStatistic(parameters, valuesOf(piece, update.gradients));
      continue;
    }
    const tensors = {
      parameters,
      gradients: valuesOf(piece, update.gradients),
      firstMoments: valuesOf(piece, update.firstMoments),
      secondMoments: valuesOf(piece, update.secondMoments),
    };
    adamW(tensors, requireTensor(hyperOf, piece.name), gradientFactor);
    if (piece.name === 'logit_scale') parameters[0] = clampLogitScale(parameters[0] as number);
  }
}
