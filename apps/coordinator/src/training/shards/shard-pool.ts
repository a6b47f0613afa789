import type { ContrastiveResult, Embeddings } from '#model/loss/contrastive-result.js';
import type { TandemError } from '#protocol/tandem-error.js';
import type { TrainingState } from '../state/training-state.js';

/** Where the parameters of a step are, and their content hash. Both passes of the step name the same (invariant W1). */
export interface PublishedParameters {
  readonly key: string;
  readonly hash: string;
}

/** Does the forward and the backward pass over all shards of a step. */
export interface ShardPool {
  publish(state: TrainingState): Promise<PublishedParameters>;
  /** I and T, [N, d] with unit rows. If the loss masks false negatives, also the ids by which it tells equal pairs. */
  encode(step: number, parameters: PublishedParameters): Promise<Embeddings>;
  /**
   * Σ_s g_s as a safetensors blob, with one tensor for each of updatedTensors: the sum over the N pairs, formed in the
   * fixed tree over shards (invariant P1). Running statistics hold the sum of what batch norms saw, and the loss's own
   * parameters hold zeros. The blob is in shared memory that the caller may use until the next call.
   */
  backprop(step: number, parameters: PublishedParameters, contrast: ContrastiveResult): Promise<Uint8Array>;
  /** The error for a sum of backprop that is not finite. It names the shard it came from (invariant N1). */
  nonFiniteGradient(): TandemError;
}
