import type { Dataset } from '#data/dataset/dataset.js';
import { loadPairs, type LoadedPairs } from '#data/sampling/pair-loader.js';
import { draws, type Draw } from '#data/sampling/sampler.js';
import { microBatchPlan, shardPlan } from '#data/sampling/shard-plan.js';
import type { Tokenizer } from '#data/text/tokenizer.js';
import { float32, int32, type HostTensor } from '#engine/tensor-spec.js';
import type { TowerName } from '#model/towers/tower-step.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { EncodeAnswer } from '#protocol/pool/task.js';

/** A shard of a step; its samples are a function of these two numbers and of the seed. */
export interface ShardId {
  readonly step: number;
  readonly shard: number;
}

/**
 * The pairs of a shard, cut into micro-batches in order: pixels and tokens, by the tower that takes them. The last
 * micro-batch is smaller if b does not divide n.
 */
export interface ShardSamples {
  readonly pairs: number;
  readonly micro: readonly Readonly<Record<TowerName, HostTensor>>[];
  /** The keys by which the loss may tell pairs apart, [n, pairKeyBytes] each. */
  readonly keys: Pick<LoadedPairs, 'captionKeys' | 'imageKeys'>;
  readonly skipped: readonly EncodeAnswer['skipped'][number][];
  /** Captions that were too long and replaced, as the run asks. */
  readonly longCaptions: number;
}

/** What samples are made from. */
export interface SampleSource {
  readonly config: RunConfig;
  readonly dataset: Dataset;
  readonly tokenizer: Tokenizer;
}

/** The files of a later block are fetched while there are still so many steps to take. */
const stepsAhead = 8;

/** Loads and augments a shard: a function of (seed, step, shard), whoever calls it and however often (invariant B1). */
export async function loadShard(
  { config, dataset, tokenizer }: SampleSource,
  { step, shard }: ShardId,
): Promise<ShardSamples> {
  const { offset, size: n } = shardPlan(config)[shard]!;
  const { seed, batch, data } = config;
  const { sampling, blockPairs } = data;
  const drawnAt = (at: number): Draw[] =>
    draws({ seed, step: at, offset, size: n, batch, dataset, sampling, blockPairs });
  const chosen = drawnAt(step);
  if (sampling === 'blocks' && step + stepsAhead < config.steps)
    dataset.prefetch(drawnAt(step + stepsAhead).map(({ index }) => index));
  const { images, tokens, skipped, longCaptions, ...keys } = await loadPairs(chosen, { dataset, tokenizer, config });
  const { vision_cfg: vision, text_cfg: text } = config.model;
  const pixels = vision.image_size ** 2 * 3;
  const micro = microBatchPlan(n, config).map(({ offset: from, size: b }) => ({
    image: float32(images.subarray(from * pixels, (from + b) * pixels), [b, vision.image_size, vision.image_size, 3]),
    text: int32(tokens.subarray(from * text.context_length, (from + b) * text.context_length), [
      b,
      text.context_length,
    ]),
  }));
  return { pairs: n, micro, keys, skipped, longCaptions };
}
