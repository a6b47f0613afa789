import { workerBytes } from '#encoder/worker-memory.js';
import { decodeFeaturePiece, type FeaturePiece } from '#evaluate/features/feature-piece.js';
import { joinedRows, type FeatureSource, type ImageSpan, type SpanTerms } from '#evaluate/features/feature-source.js';
import type { Dataset } from '#data/dataset/dataset.js';
import { featureShardImages, protocolVersion, type FeaturesTask, type ShardAnswer } from '#protocol/pool/task.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import type { AddressedTask } from '../../pool/phase.js';
import type { Finding } from '../../pool/verify/finding.js';
import type { WorkerPool } from '../../pool/worker-pool.js';
import { checkOwnResult, damagedResult } from '../shards/damaged-result.js';
import { shardsPerTask } from '../shards/neighbours.js';
import type { PublishedParameters } from '../shards/shard-pool.js';

export interface PoolFeaturesOptions {
  readonly run: string;
  readonly epoch: number;
  /** The committed steps of the parameters. */
  readonly step: number;
  readonly parameters: PublishedParameters;
  readonly config: RunConfig;
  readonly configHash: string;
  readonly code: string;
  readonly store: Store;
  readonly pool: WorkerPool;
  priority(): number;
  readonly signal: AbortSignal;
  onFinding(finding: Finding): void;
}

/** A part of a span, from its first image on. */
interface Part extends ImageSpan {
  readonly piece: FeaturePiece;
}

/**
 * The features that the workers of a pool compute for the data set at `data`: tasks go through the queue as those of a
 * step do, and are lost, late, verified and sent again as those are. A task is of neighbouring images, and which
 * images are computed together does not depend on the tasks. So the bits are the same for any number of workers.
 */
export function poolFeatures(options: PoolFeaturesOptions, data: string, hash: string): FeatureSource {
  const { run, config, store, pool } = options;
  return {
    hash,
    async compute(dataset, spans, terms) {
      const assembly = assemble(spans, terms);
      const shards = shardsPerTask(pool.shardMs({ run, kind: 'features' }));
      const tasks = spans.flatMap((span) => tasksOf(span, dataset, { ...options, data, shards }));
      if (tasks.length === 0) return;
      const broken = new AbortController();
      const computed = pool.run(tasks, {
        ...{ run, seed: config.seed, priority: options.priority, limits: config.limits },
        workerBytes: workerBytes(config),
        signal: AbortSignal.any([options.signal, broken.signal]),
        onRetry: () => undefined,
        onFinding: (finding) => options.onFinding(finding),
        async onAnswer(answer) {
          if (answer.kind !== 'features') throw new Error(`internal: ${answer.taskId} was answered as ${answer.kind}`);
          const [first, end] = imagesOf(answer, dataset);
          checkOwnResult(answer, runKeys(run).stepsPrefix);
          const bytes = await store.get(answer.resultKey);
          if ((await contentHash(bytes)) !== answer.resultHash)
            throw damagedResult(answer.taskId, urlOf(store, answer.resultKey));
          const piece = decodeFeaturePiece(bytes, first, end);
          // That features are too many, or cannot be kept, is no fault of a worker: another would not mend it.
          await assembly({ first, end, piece }).catch((error: unknown) => broken.abort(error));
        },
      });
      await computed.catch((error: unknown) => {
        throw broken.signal.aborted ? broken.signal.reason : error;
      });
    },
  };
}

/** Puts parts together, in any order of arrival. */
function assemble(spans: readonly ImageSpan[], { onImages, onPiece }: SpanTerms): (part: Part) => Promise<void> {
  const partsOf = new Map(spans.map((span) => [span, [] as Part[]]));
  return async (part) => {
    const span = spans.find(({ first, end }) => part.first >= first && part.end <= end)!;
    const parts = partsOf.get(span)!;
    parts.push(part);
    onImages(part.end - part.first);
    if (parts.reduce((images, { first, end }) => images + end - first, 0) < span.end - span.first) return;
    partsOf.delete(span);
    const pieces = parts.sort((one, other) => one.first - other.first).map(({ piece }) => piece);
    await onPiece(span, {
      read: pieces.flatMap(({ read }) => read),
      skipped: pieces.flatMap(({ skipped }) => skipped),
      ...joinedRows(pieces.filter(({ read }) => read.length > 0)),
    });
  };
}

interface TaskParts extends Omit<PoolFeaturesOptions, 'signal' | 'onFinding' | 'pool' | 'config'> {
  readonly data: string;
  /** Shards of a task, at most. */
  readonly shards: number;
}

function tasksOf({ first, end }: ImageSpan, { hash }: Dataset, given: TaskParts): AddressedTask[] {
  const { run, epoch, step, code, configHash, store, parameters, data } = given;
  const [firstShard, endShard] = [first / featureShardImages, Math.ceil(end / featureShardImages)];
  const tasks: AddressedTask[] = [];
  for (let shard = firstShard; shard < endShard; shard += given.shards) {
    const task: FeaturesTask = {
      kind: 'features',
      protocol: protocolVersion,
      ...{ code, run, epoch, step, shard, shards: Math.min(given.shards, endShard - shard) },
      ...{ store: store.url, configHash, parametersKey: parameters.key, parametersHash: parameters.hash },
      ...{ data, dataHash: hash },
    };
    tasks.push({ task, to: { kind: 'any' } });
  }
  return tasks;
}

function imagesOf({ shard, shards }: ShardAnswer, { pairs }: Dataset): [first: number, end: number] {
  return [shard * featureShardImages, Math.min((shard + shards) * featureShardImages, pairs)];
}
