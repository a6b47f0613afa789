import type { LossParameters } from '#model/loss/contrastive-result.js';
import type { NamedValues } from '#model/parameters/named-values.js';
import type { ModelTensor } from '#model/parameters/parameter-spec.js';
import { float32Values } from '#store/safetensors/safetensors.js';
import { sharedBlob } from '#store/safetensors/shared-blob.js';
import { copying } from '#store/safetensors/shared-copy.js';
import { atOnce, inTurns, type Pausable } from '#threads/turns.js';

/**
 * Everything that a step changes. Both blobs are float32 tensors in the safetensors format, as a checkpoint holds them,
 * in memory that the optimizer threads share. An update writes them in place: it overwrites the state before it.
 */
export interface TrainingState {
  /** How many steps are committed. It is also the number of the next step, counted from 0. */
  readonly step: number;
  /** The parameters of the loss: logit_scale and, in some models, logit_bias. */
  readonly lossParameters: LossParameters;
  /** Every parameter, every running statistic of a batch norm: one tensor each, by name. */
  readonly parameters: Uint8Array;
  /**
   * AdamW's running means for each trainable parameter: `exp_avg/<parameter>` of its gradients, and
   * `exp_avg_sq/<parameter>` of their squares.
   */
  readonly moments: Uint8Array;
}

export interface StateValues {
  readonly parameters: NamedValues;
  /** All zeros if left out. */
  readonly moments?: NamedValues;
}

export interface StateTensors {
  readonly specs: readonly ModelTensor[];
  /** The parameters that have moments; all of them if left out. */
  readonly trainable?: readonly ModelTensor[];
}

/** A state with these values. */
export function trainingState(tensors: StateTensors, step: number, values: StateValues): TrainingState {
  return atOnce(filledState(tensors, step, values));
}

/** The same in turns with others: the state of ViT-B/32 has 1.8 GB. */
export function trainingStateInTurns(
  tensors: StateTensors,
  step: number,
  values: StateValues,
  signal?: AbortSignal,
): Promise<TrainingState> {
  return inTurns(filledState(tensors, step, values), signal);
}

function* filledState(
  { specs, trainable = specs }: StateTensors,
  step: number,
  values: StateValues,
): Pausable<TrainingState> {
  const parameters = yield* filled(specs, values.parameters);
  const momentSpecs = [firstMoment, secondMoment].flatMap((prefix) =>
    trainable.map(({ name, shape }) => ({ name: prefix + name, shape })),
  );
  return {
    step,
    lossParameters: lossParametersOf(parameters),
    parameters,
    moments: yield* filled(momentSpecs, values.moments),
  };
}

export function lossParametersOf(parameters: Uint8Array): LossParameters {
  const { logit_scale: scale, logit_bias: bias } = float32Values(parameters);
  return { logit_scale: scale![0]!, ...(bias && { logit_bias: bias[0]! }) };
}

/** AdamW's running means of the gradients, by parameter name. */
export function firstMomentsOf(moments: NamedValues): NamedValues {
  return withoutPrefix(firstMoment, moments);
}

/** AdamW's running means of the squared gradients, by parameter name. */
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

function* filled(specs: Parameters<typeof sharedBlob>[0], tensors: NamedValues = {}): Pausable<Uint8Array> {
  const { bytes, values } = sharedBlob(specs);
  for (const [name, data] of Object.entries(tensors)) yield* copying(values[name]!, data);
  return bytes;
}
