import { encodeFeaturePiece } from '#evaluate/features/feature-piece.js';
import { computePiece } from '#evaluate/features/feature-source.js';
import { featureShardImages, type FeaturesAnswer, type FeaturesTask, type TaskResult } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import type { RunContext } from '../run-context.js';
import type { Stopwatch } from './stopwatch.js';

/**
 * The features of the task's images in evaluation, with the parameters that the task names, in one blob. If `stopping`
 * is aborted, throws SHARD_FAILED, worth a retry, before it begins another batch of images. Reading and preparing the
 * images counts as computing: it goes on beside it.
 */
export async function features(
  task: FeaturesTask,
  context: RunContext,
  time: Stopwatch,
  stopping: AbortSignal,
): Promise<TaskResult<FeaturesAnswer>> {
  const { store, evaluation, run } = context;
  await time('parameters', () => context.useParameters(task));
  const dataset = await evaluation.open(task);
  const first = task.shard * featureShardImages;
  const end = Math.min(first + task.shards * featureShardImages, dataset.pairs);
  const piece = await time('compute', () =>
    computePiece(
      { name: `run ${run}`, ...evaluation.encoder },
      dataset,
      { first, end },
      { onImages: givesUp(stopping) },
    ),
  );
  const bytes = encodeFeaturePiece(piece);
  const keys = runKeys(task.run).step(task.step, task.epoch);
  const resultKey = keys.features(task.dataHash, task.shard, task.shards, context.worker);
  const [resultHash] = await Promise.all([contentHash(bytes), time('store', () => store.put(resultKey, bytes))]);
  return { kind: 'features', resultKey, resultHash };
}

function givesUp(stopping: AbortSignal): () => void {
  return () => {
    if (!stopping.aborted) return;
    throw new TandemError({
      code: ErrorCode.ShardFailed,
      message: 'The worker is stopping and gives up the features of some images',
      retryable: true,
    });
  };
}
