import pLimit from 'p-limit';
import type { ShardRange } from '#data/sampling/shard-plan.js';
import type { TowerName } from '#model/towers/tower-step.js';
import { trainableParameters } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { workerBytes } from '#encoder/worker-memory.js';
import {
  blobOf,
  protocolVersion,
  shardsPerTaskMax,
  type EncodeAnswer,
  type NonFiniteValue,
  type RowsBlob,
  type ShardAnswer,
  type Span,
  type ModelTask,
} from '#protocol/pool/task.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import { inTurns } from '#threads/turns.js';
import type { AddressedTask, PhaseTerms } from '../../pool/phase.js';
import type { Finding } from '../../pool/verify/finding.js';
import type { WorkerPool } from '../../pool/worker-pool.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import { ownNodes, reductionTree, type NodeSpan } from '#model/optimizer/reduction-tree.js';
import { openBatchEmbeddings } from './batch-embeddings.js';
import { checkOwnResult, damagedResult } from './damaged-result.js';
import { embeddingGradients } from './embedding-gradients.js';
import { openGradientBuffers } from './gradient-buffers.js';
import { planNeighbours, sharesOf, shardsPerTask } from './neighbours.js';
import { nonFiniteGradient } from './non-finite.js';
import type { PublishedParameters, ShardPool } from './shard-pool.js';

/** What went through the store since the last call of takeTraffic, and how long workers waited for samples. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  /** How many tasks were sent out again. */
  retries: number;
  skipped: EncodeAnswer['skipped'];
  /** Captions that were too long and replaced, as the run asks. */
  longCaptions: number;
  /** Milliseconds by worker id, summed over its shards. */
  readonly loadMs: Map<string, number>;
}

/** A ShardPool of workers: tasks go through the queue, tensors through the store. */
export interface ShardExchange extends ShardPool {
  takeTraffic(): Traffic;
}

export interface ShardExchangeOptions {
  readonly run: string;
  /** The leader's fencing token, by which tasks and blobs are named. */
  readonly epoch: number;
  readonly config: RunConfig;
  readonly configHash: string;
  readonly code: string;
  readonly shards: readonly ShardRange[];
  readonly store: Store;
  readonly pool: WorkerPool;
  readonly optimizer: Pick<Optimizer, 'add'>;
  readonly signal: AbortSignal;
  /** The run's, which may change while it trains. */
  priority(): number;
  /** Hears of workers that compute wrongly, and once of a task that could not be verified. */
  onFinding(finding: Finding): void;
}

/**
 * How many gradients are read at once: the next comes in while one is hashed and added. All at once would be as many as
 * there are workers, each as large as the model.
 */
const gradientsInWork = 2;

export function openShardExchange(options: ShardExchangeOptions): ShardExchange {
  const { run, epoch, config, shards, store, pool, optimizer, signal } = options;
  const d = config.model.embed_dim;
  const trained = new Set(trainableParameters(config).map(({ tower }) => tower));
  const isTrained = (tower: TowerName): boolean => trained.has(tower);
  const keys = runKeys(run);
  let traffic = noTraffic();
  const terms: Omit<PhaseTerms, 'onAnswer'> = {
    ...{ run, seed: config.seed, priority: options.priority, limits: config.limits },
    ...{ workerBytes: workerBytes(config), signal },
    onRetry: () => void (traffic.retries += 1),
    onFinding(finding) {
      const isKnown = finding.kind === 'unverified' && isUnverifiedTold;
      isUnverifiedTold ||= finding.kind === 'unverified';
      if (!isKnown) options.onFinding(finding);
    },
  };
  let isUnverifiedTold = false;
  /** The worker that encoded each shard of this step. It may still hold the shard's stash. */
  let encodedBy: string[] = [];
  /** The blobs with the embeddings of this step. */
  let encoded: RowsBlob[] = [];
  /** The worker that should rather encode each shard of the next step. It loads its first one ahead of time. */
  let planned: readonly string[] | undefined;
  /** What the shards of this step reported of their own gradients. */
  let nonFinite: NonFiniteValue[] = [];
  const buffers = openGradientBuffers(config);
  const inWork = pLimit(gradientsInWork);
  /** The gradient that the last call of backprop returned. Its caller may read it until the next call. */
  let lent: Uint8Array | undefined;

  const check = async (bytes: Uint8Array, { resultKey, resultHash, taskId }: ShardAnswer): Promise<void> => {
    traffic.bytesIn += bytes.byteLength;
    if ((await contentHash(bytes)) !== resultHash) throw damagedResult(taskId, urlOf(store, resultKey));
  };
  /** The blob that an answer names. Throws SHARD_FAILED if it is not what the worker wrote. */
  const receive = async (answer: ShardAnswer): Promise<Uint8Array> => {
    checkOwnResult(answer, keys.stepsPrefix);
    const bytes = await store.get(answer.resultKey);
    await check(bytes, answer);
    return bytes;
  };
  /** The gradient that an answer names, in shared memory. */
  const receiveGradient = async (answer: ShardAnswer): Promise<Uint8Array> => {
    checkOwnResult(answer, keys.stepsPrefix);
    return buffers.read(store.getPieces(answer.resultKey), (sent) => check(sent, answer));
  };
  /** Writes a blob for the workers, and returns its sha256. */
  const deliver = async (key: string, bytes: Uint8Array): Promise<string> => {
    const [, hash] = await Promise.all([store.put(key, bytes), contentHash(bytes)]);
    traffic.bytesOut += bytes.byteLength;
    return hash;
  };
  const bookLoading = ({ worker, loadMs }: ShardAnswer): void =>
    void traffic.loadMs.set(worker, (traffic.loadMs.get(worker) ?? 0) + loadMs);
  const plan = (): string[] =>
    planNeighbours(shards.length, sharesOf(pool.slowness(terms.workerBytes), config.limits.stragglerFactor));
  const taskBase = (step: number, at: NodeSpan, { key, hash }: PublishedParameters): Omit<ModelTask, 'kind'> => ({
    protocol: protocolVersion,
    code: options.code,
    run,
    epoch,
    step,
    ...spanOf(at),
    store: store.url,
    configHash: options.configHash,
    parametersKey: key,
    parametersHash: hash,
  });

  return {
    async publish({ step, parameters }) {
      const key = keys.step(step, epoch).parameters;
      return { key, hash: await deliver(key, parameters) };
    },

    async encode(step, parameters) {
      const batch = openBatchEmbeddings(config, shards);
      encodedBy = shards.map(() => '');
      encoded = [];
      const wanted = planned ?? plan();
      const owners = wanted.length > 0 ? wanted : shards.map(() => undefined);
      const nodes = ownNodes(owners, shardsPerTask(pool.shardMs({ run, kind: 'encode' })));
      const tasks = nodes.map((at): AddressedTask => ({
        task: { kind: 'encode', ...taskBase(step, at, parameters) },
        to: { kind: 'any' },
        preferred: owners[at.first],
      }));
      await pool.run(tasks, {
        ...terms,
        async onAnswer(answer) {
          if (answer.kind !== 'encode') throw new Error(`internal: ${answer.taskId} was answered as ${answer.kind}`);
          bookLoading(answer);
          batch.put(await receive(answer), answer);
          const { shard, shards: count, resultKey: key, resultHash: hash } = answer;
          encodedBy.fill(answer.worker, shard, shard + count);
          encoded.push({ shard, shards: count, key, hash });
          traffic.skipped.push(...answer.skipped);
          traffic.longCaptions += answer.longCaptions ?? 0;
        },
      });
      return batch.all();
    },

    async backprop(step, parameters, { imageGradients, textGradients }) {
      if (lent) buffers.release(lent);
      lent = undefined;
      nonFinite = [];
      const stepKeys = keys.step(step, epoch);
      const nodes = ownNodes(encodedBy, shardsPerTaskMax);
      const rows = await inTurns(
        embeddingGradients(nodes, shards, d, {
          ...(isTrained('image') && { image: imageGradients }),
          ...(isTrained('text') && { text: textGradients }),
        }),
      );
      const gradients = await Promise.all(
        rows.map(async ({ blob, ...at }): Promise<RowsBlob> => {
          const key = stepKeys.embeddingGradients(at.first, at.count);
          return { ...spanOf(at), key, hash: await deliver(key, blob) };
        }),
      );
      planned = plan();
      const tasks = nodes.map((at): AddressedTask => {
        const worker = encodedBy[at.first]!;
        const next = { step: step + 1, shard: planned!.indexOf(worker) };
        const task = {
          kind: 'backprop',
          ...taskBase(step, at, parameters),
          gradients: blobOf(gradients, at.first),
          embeddings: encoded.filter((blob) => isOf(blob, at)),
          ...(next.step < config.steps && next.shard >= 0 && { next }),
        } as const;
        return { task, to: { kind: 'worker', id: worker } };
      });
      const sum = reductionTree<Uint8Array>(shards.length, async (left, right) => {
        await optimizer.add(left, right);
        buffers.release(right);
        return left;
      });
      await pool.run(tasks, {
        ...terms,
        async onAnswer(answer) {
          if (answer.kind !== 'backprop') throw new Error(`internal: ${answer.taskId} was answered as ${answer.kind}`);
          bookLoading(answer);
          await inWork(async () => {
            const gradient = await receiveGradient(answer);
            if (answer.nonFinite) nonFinite.push(answer.nonFinite);
            await sum.put(answer.shard, gradient, answer.shards);
          });
        },
      });
      lent = sum.root();
      return lent;
    },

    nonFiniteGradient: () => nonFiniteGradient(nonFinite),

    takeTraffic() {
      const taken = traffic;
      traffic = noTraffic();
      return taken;
    },
  };
}

function spanOf({ first, count }: NodeSpan): Span {
  return { shard: first, shards: count };
}

/** Has a blob rows of one of these shards? */
function isOf({ shard, shards }: RowsBlob, { first, count }: NodeSpan): boolean {
  return shard < first + count && first < shard + shards;
}

function noTraffic(): Traffic {
  return { bytesIn: 0, bytesOut: 0, retries: 0, skipped: [], longCaptions: 0, loadMs: new Map() };
}
