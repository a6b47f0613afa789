import type { LossParameters } from '#model/loss/contrastive-result.js';
import { isRunningStatistic } from '#model/parameters/running-statistics.js';
import { float32Values } from '#store/safetensors/safetensors.js';

/**
 * Adds to a step's summed gradient what no single shard knows. It writes dτ for those of the loss's own parameters that
 * are trained, and turns the sums of what batch norms saw into means over the N images of the batch. In place.
 */
export function completeGradient(gradient: Uint8Array, lossGradients: LossParameters, batch: number): void {
  const values = float32Values(gradient);
  for (const [name, value] of Object.entries(lossGradients)) values[name]?.fill(value as number);
  for (const [name, sums] of Object.entries(values)) {
    if (isRunningStatistic(name)) sums.forEach((sum, i) => (sums[i] = sum / batch));
  }
}
