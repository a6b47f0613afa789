import type { LossParameters } from '#model/loss/contrastive-result.js';
import { isRunningStatistic } from '#model/parameters/running-statistics.js';
import { float32Values } from '#store/safetensors/safetensors.js';

/**
 * Put into the blob of a step's summed gradient what no shard knows: dτ, where the loss's own parameters are trained,
 * and of what batch norms saw the mean over the batch in place of the sum.
 */
export function completeGradient(gradient: Uint8Array, lossGradients: LossParameters, batch: number): void {
  const values = float32Values(gradient);
  for (const [name, value] of Object.entries(lossGradients)) values[name]?.fill(value as number);
  for (const [name, sums] of Object.entries(values)) {
    if (isRunningStatistic(name)) sums.forEach((sum, i) => (sums[i] = sum / batch));
  }
}
