import type { LossParameters } from '#model/loss/contrastive-result.js';
import type { NamedValues } from '#model/parameters/named-values.js';
import type { ModelTensor } from '#model/parameters/parameter-spec.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';

/**
 * All that a step changes. Both blobs are safetensors of float32 tensors, as a checkpoint holds them, in memory that
 * the optimizer's threads share; they are written in place, so an older state is gone when a newer one is made.
 */
export interface TrainingState {
  /** Committed steps; also the number of the next one, counted from 0. */
  readonly step: number;
  /** Those of the parameters that the loss reads. */
  readonly lossParameters: LossParameters;
  /** One tensor a parameter and one a running statistic. */
  readonly parameters: Uint8Array;
  /**
   * AdamW's running means, of trainable parameters: `exp_avg/<parameter>` of the gradients, `exp_avg_sq/<parameter>` of
   * their squares.
   */
  readonly moments: Uint8Array;
}

export interface StateValues {
  readonly parameters: NamedValues;
  /** Zeros if left out. */
  readonly moments?: NamedValues;
}

/** A state with these values. `trainable`: the parameters that have moments. */
export function trainingState(
  { specs, trainable = specs }: { readonly specs: readonly ModelTensor[]; readonly trainable?: readonly ModelTensor[] },
  step: number,
  values: StateValues,
): TrainingState {
  const parameters = filled(specs, values.parameters);
  const momentSpecs = [firstMoment, secondMoment].flatMap((prefix) =>
    trainable.map(({ name, shape }) => ({ name: prefix + name, shape })),
  );
  return {
    step,
    lossParameters: lossParametersOf(parameters),
    parameters,
    moments: filled(momentSpecs, values.moments),
  };
}

export function lossParametersOf(parameters: Uint8Array): LossParameters {
  const { logit_scale: scale, logit_bias: bias } = float32Values(parameters);
  return { logit_scale: scale![0]!, ...(bias && { logit_bias: bias[0]! }) };
}

/** AdamW's running means of the gradients, by parameter, among all moments. */
export function firstMomentsOf(moments: NamedValues): NamedValues {
  return withoutPrefix(firstMoment, moments);
}

/** Those of the gradients' squares. */
export function secondMomentsOf(moments: NamedValues): NamedValues {
  return withoutPrefix(secondMoment, moments);
}

const firstMoment = 'exp_avg/';
const secondMoment = 'exp_avg_sq/';

function withoutPrefix(prefix: string, moments: NamedValues): NamedValues {
  return Object.fromEntries(
    Object.entries(moments).flatMap(([name, values]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), values]] : [],
    ),
  );
}

function filled(specs: Parameters<typeof sharedBlob>[0], tensors: NamedValues = {}): Uint8Array {
  const { bytes, values } = sharedBlob(specs);
  for (const [name, data] of Object.entries(tensors)) values[name]!.set(data);
  return bytes;
}
