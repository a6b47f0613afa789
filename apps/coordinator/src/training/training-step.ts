import { clipFactor } from '#model/optimizer/gradient-norm.js';
import { learningRate } from '#model/optimizer/learning-rate.js';
import { completeGradient } from './state/step-gradient.js';
import type { TrainingState } from './state/training-state.js';
import type { CompletedStep, StepParts, UpdatedState } from './step-parts.js';

/**
 * One step of CLIP training (Radford et al. 2021, Fig. 3) on a pool of workers. N pairs in S shards of n; d: width of
 * the shared space; θ: all parameters of both towers; τ: the loss's own, logit_scale and, in some models, logit_bias.
 *
 * A worker sees only its own shard; the coordinator sees all N×N similarities. dI and dT are gradients of the mean loss
 * over the whole batch, so the shards' parameter gradients are summed, and nothing is divided by the number of shards
 * or workers. The seed, the step and the config alone decide which pairs a shard holds, how they are augmented, and in
 * which order sums are formed. So the result has the same bits with any number of workers, whichever of them die.
 *
 * If any part fails, the promise rejects and the step is not taken: the state is as it was, in memory and on disk.
 */
export async function trainingStep(state: TrainingState, parts: StepParts): Promise<CompletedStep> {
  const { config, pool, loss, optimizer, journal, clock } = parts;
  const { step } = state;

  const parameters = await pool.publish(state); //                     θ, named by its content (W1)
  const embeddings = await pool.encode(step, parameters); //           workers       I, T: [N, d]
  clock.lap('encodeMs');
  const contrast = await loss.run(embeddings, state.lossParameters); // coordinator   ℓ, dI, dT: [N, d], dτ
  clock.lap('lossMs');
  const gradient = await pool.backprop(step, parameters, contrast); // workers       Σ_s ∇θ(⟨I_s, dI_s⟩ + ⟨T_s, dT_s⟩)
  clock.lap('backpropMs');

  completeGradient(gradient, contrast.lossGradients, config.batch); // adds dτ, and the means of what batch norms saw
  const gradientNorm = await optimizer.norm(gradient);
  if (!Number.isFinite(gradientNorm)) throw pool.nonFiniteGradient(); // N1

  await journal(step, gradient); // on disk before anything changes (J1)
  const updated = await update(state, gradient, gradientNorm, parts);
  clock.lap('updateMs');
  return { ...updated, embeddings, contrast, gradientNorm, times: clock.times };
}

/**
 * θ, τ ← adamW(θ, τ; Σ_s g_s, dτ; lr(step)), with the gradient's norm clipped. This is the one place where a state
 * advances (C1). A step calls it once its gradient is in the journal; recovery calls it with the gradients found there.
 */
export async function update(
  state: TrainingState,
  gradient: Uint8Array,
  gradientNorm: number,
  { config, optimizer }: Pick<StepParts, 'config' | 'optimizer'>,
): Promise<UpdatedState> {
  const { learningRate: peak, clipNorm } = config.optimizer;
  const rate = learningRate(state.step, { ...config.schedule, peak, steps: config.steps });
  const gradientFactor = clipFactor(gradientNorm, clipNorm);
  return { state: await optimizer.adamW(state, gradient, { learningRate: rate, gradientFactor }), learningRate: rate };
}
