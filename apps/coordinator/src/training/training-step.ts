import type { ContrastiveResult, Embeddings, LossParameters } from '#model/loss/contrastive-result.js';

/*
 * One step of CLIP training (Radford et al. 2021, Fig. 3) on a pool of workers. N pairs in S shards of n; d: width of the
 * shared space; θ: all parameters of both towers; τ: the loss's own, logit_scale and, where the model has one, logit_bias.
 *
 * Workers see their own shard only; the coordinator sees all N×N similarities. dI and dT are gradients of the mean over
 * the whole batch, so the shards' parameter gradients are summed, and nothing is divided by the number of shards or
 * workers. Which pairs a shard holds, how it is augmented and in which order sums are formed follow from
 * (seed, step, config) alone: the result has the same bits with any number of workers, and whichever of them die.
 */

/** What the step is made of. P: parameters as they are handed to workers, G: a gradient of all of them. */
export interface StepParts<State extends { readonly step: number; readonly lossParameters: LossParameters }, P, G> {
  /** Put θ where the workers find it, under its content hash: both passes name it (invariant W1). */
  publish(state: State): Promise<P>;
  /** I_s, T_s = encode(θ, shard s), for every shard. */
  encode(step: number, parameters: P): Promise<Embeddings>;
  /** ℓ, dI, dT, dτ = contrastiveLoss(I, T, τ): a mean over N. */
  contrast(embeddings: Embeddings, lossParameters: LossParameters): Promise<ContrastiveResult>;
  /** Σ_s ∇θ(⟨I_s, dI_s⟩ + ⟨T_s, dT_s⟩), summed in the fixed tree over shards, and dτ in its place; finite (invariant N1). */
  backprop(step: number, parameters: P, contrast: ContrastiveResult): Promise<G>;
  /** Write the gradient, that of an average over the N pairs, to the run's log (invariant J1). */
  journal(step: number, gradient: G): Promise<void>;
  /** θ, τ ← adamW(θ, Σ_s g_s; τ, dτ; lr(step)). */
  update(state: State, gradient: G): Promise<State>;
}

export interface CompletedStep<State> {
  readonly state: State;
  readonly contrast: ContrastiveResult;
}

/** Take one step. Rejects where any part of it cannot be done; the step is then not taken, and the run goes on from what is stored. */
export async function trainingStep<State extends { readonly step: number; readonly lossParameters: LossParameters }, P, G>(
  state: State,
  { publish, encode, contrast, backprop, journal, update }: StepParts<State, P, G>,
): Promise<CompletedStep<State>> {
  const parameters = await publish(state);

  const embeddings = await encode(state.step, parameters); // workers      I, T: [N, d]
  const loss = await contrast(embeddings, state.lossParameters); // coordinator  ℓ; dI, dT: [N, d]; dτ
  const gradient = await backprop(state.step, parameters, loss); // workers      Σ_s g_s

  // The update is worked out while the log is written; it counts, and others see it, when the log holds its gradient.
  const [updated] = await Promise.all([update(state, gradient), journal(state.step, gradient)]);
  return { state: updated, contrast: loss };
}
