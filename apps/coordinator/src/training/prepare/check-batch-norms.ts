import { microBatchPlan, shardPlan } from '#data/sampling/shard-plan.js';
import { isRunningStatistic } from '#model/parameters/running-statistics.js';
import { updatedTensors } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';

/**
 * Throws CONFIG_INVALID if a micro-batch gives a batch norm only one value per channel, which has no variance. The last
 * stage of a ResNet has (image_size/32)² values per image and channel.
 */
export function checkBatchNorms(config: RunConfig): void {
  if (!updatedTensors(config).some(({ name }) => isRunningStatistic(name))) return;
  const sizes = shardPlan(config)
    .flatMap(({ size }) => microBatchPlan(size, config))
    .map(({ size }) => size);
  const side = config.model.vision_cfg.image_size;
  if (Math.min(...sizes) * (side / 32) ** 2 >= 2) return;
  throw new TandemError({
    code: ErrorCode.ConfigInvalid,
    message:
      `Batch norms: expected micro-batches of two images of ${side} pixels at least, got one of ` +
      `${Math.min(...sizes)}.`,
    help: 'Choose shards and microBatch so that no pair is left alone, or a larger model.vision_cfg.image_size.',
  });
}
