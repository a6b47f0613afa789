import pLimit from 'p-limit';
import { pairHashBytes } from '#data/dataset/pair-hash.js';
import type { ShardRange } from '#data/sampling/shard-plan.js';
import { denseIds, keysOf, maskedBy } from '#model/loss/false-negatives.js';
import { sharedFloats } from '#model/parameters/shared-floats.js';
import type { TowerName } from '#model/towers/tower-step.js';
import { trainableParameters } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { workerBytes } from '#encoder/worker-memory.js';
import {
  protocolVersion,
  shardsPerTaskMax,
  type EncodeAnswer,
  type Leaf,
  type NonFiniteValue,
  type ShardAnswer,
  type Task,
} from '#protocol/pool/task.js';
import type { WorkerStatus } from '#protocol/run/run-status.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { decodeSafetensors, encodeFloat32 } from '#store/safetensors/safetensors.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import type { AddressedTask, PhaseTerms } from '../../pool/phase.js';
import type { Finding } from '../../pool/verify/finding.js';
import type { WorkerPool } from '../../pool/worker-pool.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import { ownNodes, reductionTree } from '#model/optimizer/reduction-tree.js';
import { openGradientBuffers } from './gradient-buffers.js';
import { planNeighbours, sharesOf } from './neighbours.js';
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
  const masks = maskedBy(config.loss);
  let traffic = noTraffic();
  const terms: Omit<PhaseTerms, 'onAnswer'> = {
    ...{ run, seed: config.seed, priority: config.priority, limits: config.limits },
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
  /** The blob with each shard's embeddings of this step. */
  let encoded: Pick<Leaf, 'embeddingsKey' | 'embeddingsHash'>[] = [];
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
    const bytes = await store.get(answer.resultKey);
    await check(bytes, answer);
    return bytes;
  };
  /** The gradient that an answer names, in shared memory. */
  const receiveGradient = (answer: ShardAnswer): Promise<Uint8Array> =>
    buffers.read(store.getPieces(answer.resultKey), (sent) => check(sent, answer));
  /** Writes a blob for the workers, and returns its sha256. */
  const deliver = async (key: string, bytes: Uint8Array): Promise<string> => {
    const [, hash] = await Promise.all([store.put(key, bytes), contentHash(bytes)]);
    traffic.bytesOut += bytes.byteLength;
    return hash;
  };
  const bookLoading = ({ worker, loadMs }: ShardAnswer): void =>
    void traffic.loadMs.set(worker, (traffic.loadMs.get(worker) ?? 0) + loadMs);
  const taskBase = (step: number, shard: number, { key, hash }: PublishedParameters): Omit<Task, 'kind'> => ({
    protocol: protocolVersion,
    code: options.code,
    run,
    epoch,
    step,
    shard,
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
      const [images, texts] = [sharedFloats(config.batch * d), sharedFloats(config.batch * d)];
      const keysBy = masks.map((mask) => [mask, new Uint8Array(config.batch * pairHashBytes)] as const);
      encodedBy = [];
      encoded = [];
      const preferred = planned ?? planNeighbours(shards.length, equalShares(pool.workers()));
      const tasks = shards.map((_, shard): AddressedTask => ({
        task: { kind: 'encode', ...taskBase(step, shard, parameters) },
        to: { kind: 'any' },
        preferred: preferred[shard],
      }));
      await pool.run(tasks, {
        ...terms,
        async onAnswer(answer) {
          bookLoading(answer);
          const { tensors } = decodeSafetensors(await receive(answer));
          const { offset } = shards[answer.shard]!;
          images.set(tensors['image']!.data as Float32Array, offset * d);
          texts.set(tensors['text']!.data as Float32Array, offset * d);
          for (const [mask, keys] of keysBy)
            keys.set(tensors[keysOf[mask]]!.data as Uint8Array, offset * pairHashBytes);
          encodedBy[answer.shard] = answer.worker;
          encoded[answer.shard] = { embeddingsKey: answer.resultKey, embeddingsHash: answer.resultHash };
          if (answer.kind === 'encode') {
            traffic.skipped.push(...answer.skipped);
            traffic.longCaptions += answer.longCaptions ?? 0;
          }
        },
      });
      return {
        images,
        texts,
        ...Object.fromEntries(keysBy.map(([mask, keys]) => [mask, denseIds(keys, pairHashBytes)])),
      };
    },

    async backprop(step, parameters, { imageGradients, textGradients }) {
      if (lent) buffers.release(lent);
      lent = undefined;
      nonFinite = [];
      const stepKeys = keys.step(step, epoch);
      const rowsOf = (gradients: Float32Array, { offset, size }: ShardRange) => ({
        shape: [size, d],
        data: gradients.subarray(offset * d, (offset + size) * d),
      });
      const encodedRows = function* (): Pausable<Uint8Array[]> {
        const blobs: Uint8Array[] = [];
        for (const range of shards) {
          const rows = {
            ...(isTrained('image') && { image: rowsOf(imageGradients, range) }),
            ...(isTrained('text') && { text: rowsOf(textGradients, range) }),
          };
          blobs.push(encodeFloat32(rows));
          yield;
        }
        return blobs;
      };
      const blobs = await inTurns(encodedRows());
      const leaves = await Promise.all(
        blobs.map(async (bytes, shard): Promise<Leaf> => ({
          gradientsKey: stepKeys.embeddingGradients(shard),
          gradientsHash: await deliver(stepKeys.embeddingGradients(shard), bytes),
          ...encoded[shard]!,
        })),
      );
      const plan = planNeighbours(shards.length, sharesOf(encodedBy));
      planned = plan;
      const tasks = ownNodes(encodedBy, shardsPerTaskMax).map(({ first, count }): AddressedTask => {
        const worker = encodedBy[first]!;
        const next = { step: step + 1, shard: plan.indexOf(worker) };
        const task = {
          kind: 'backprop',
          ...taskBase(step, first, parameters),
          leaves: leaves.slice(first, first + count),
          ...(next.step < config.steps && { next }),
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

function damagedResult(task: string, url: string): TandemError {
  return new TandemError({
    code: ErrorCode.ShardFailed,
    message: `The result of ${task} at ${url} does not have the sha256 that its worker wrote`,
    help: 'See the disk, the network and the memory of that worker.',
    retryable: true,
  });
}

/** Before the first step nothing is known of how fast workers are. */
function equalShares(workers: readonly WorkerStatus[]): Map<string, number> {
  return new Map(workers.filter(({ state }) => state === 'idle' || state === 'busy').map(({ id }) => [id, 1]));
}

function noTraffic(): Traffic {
  return { bytesIn: 0, bytesOut: 0, retries: 0, skipped: [], longCaptions: 0, loadMs: new Map() };
}
