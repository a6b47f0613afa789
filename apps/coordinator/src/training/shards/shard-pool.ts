import type { ContrastiveResult, Embeddings } from '#model/loss/contrastive-result.js';
import type { TandemError } from '#protocol/tandem-error.js';
import type { TrainingState } from '../state/training-state.js';

/** Parameters as whoever encodes finds them: both passes of a step name the same key and hash (invariant W1). */
export interface PublishedParameters {
  readonly key: string;
  readonly hash: string;
}

/** Who does the two passes over all shards of a step. */
export interface ShardPool {
  publish(state: TrainingState): Promise<PublishedParameters>;
  /** I, T [N, d], with the ids of captions and images by which the loss leaves out pairs, if it does. */
  encode(step: number, parameters: PublishedParameters): Promise<Embeddings>;
  /**
   * The blob of Σ_s g_s, one tensor for each of updatedTensors: sums over the N pairs, in the fixed tree over shards
   * (invariant P1); of running statistics, sums of what batch norms saw; zeros for the loss's own parameters. In shared
   * memory that is the caller's until the next call.
   */
  backprop(step: number, parameters: PublishedParameters, contrast: ContrastiveResult): Promise<Uint8Array>;
  /** Which shard a gradient that is not finite came from, as the error that ends the run (invariant N1). */
  nonFiniteGradient(step: number): Promise<TandemError>;
}
