import { pairHashBytes } from '#data/dataset/pair-hash.js';
import type { ShardRange } from '#data/sampling/shard-plan.js';
import { denseIds, keysOf, maskedBy } from '#model/loss/false-negatives.js';
import { sharedFloats } from '#model/parameters/shared-floats.js';
import type { TowerName } from '#model/towers/tower-step.js';
import { trainableParameters } from '#model/parameters/trainable-parameters.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import { workerBytes } from '#encoder/worker-memory.js';
import { protocolVersion, type EncodeAnswer, type ShardAnswer, type Task } from '#protocol/pool/task.js';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import { contentHash } from '#store/content-hash.js';
import { runKeys } from '#store/run/keys.js';
import { decodeSafetensors, encodeFloat32 } from '#store/safetensors/safetensors.js';
import { copying } from '#store/safetensors/shared-copy.js';
import { urlOf } from '#store/store-url.js';
import type { Store } from '#store/store.js';
import { inTurns, type Pausable } from '#threads/turns.js';
import type { AddressedTask, PhaseTerms } from '../../pool/phase.js';
import type { WorkerPool } from '../../pool/worker-pool.js';
import type { Optimizer } from '../optimizer/optimizer.js';
import { reductionTree } from '#model/optimizer/reduction-tree.js';
import { nonFiniteGradient } from './non-finite.js';
import type { PublishedParameters, ShardPool } from './shard-pool.js';

/** What went through the store since the last call of takeTraffic, and how long workers waited for samples. */
export interface Traffic {
  bytesIn: number;
  bytesOut: number;
  /** How many tasks were sent out again. */
  retries: number;
  skipped: EncodeAnswer['skipped'];
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
}

export function openShardExchange(options: ShardExchangeOptions): ShardExchange {
  const { run, epoch, config, shards, store, pool, optimizer, signal } = options;
  const d = config.model.embed_dim;
  const trained = new Set(trainableParameters(config).map(({ tower }) => tower));
  const isTrained = (tower: TowerName): boolean => trained.has(tower);
  const keys = runKeys(run);
  const masks = maskedBy(config.loss);
  let traffic = noTraffic();
  const terms: Omit<PhaseTerms, 'onAnswer'> = {
    ...{ run, priority: config.priority, limits: config.limits, workerBytes: workerBytes(config), signal },
    onRetry: () => void (traffic.retries += 1),
  };
  /** The worker that encoded each shard of this step. It may still hold the shard's stash. */
  let encodedBy: string[] = [];
  /** The sha256 of each shard's embeddings of this step. */
  let embeddingHashes: string[] = [];
  /** The worker that was told to load each shard of the next step ahead of time. */
  let loadedBy = new Map<number, string>();
  /** Buffers of a gradient's size that are not in use, kept for the gradients to come. */
  const free: Uint8Array[] = [];
  /** The gradient that the last call of backprop returned. Its caller may read it until the next call. */
  let lent: Uint8Array | undefined;

  /** The blob that an answer names. Throws SHARD_FAILED if it is not what the worker wrote. */
  const receive = async ({ resultKey, resultHash, taskId }: ShardAnswer): Promise<Uint8Array> => {
    const bytes = await store.get(resultKey);
    traffic.bytesIn += bytes.byteLength;
    if ((await contentHash(bytes)) !== resultHash) throw damagedResult(taskId, urlOf(store, resultKey));
    return bytes;
  };
  const receiveShared = async (answer: ShardAnswer): Promise<Uint8Array> => {
    const bytes = await receive(answer);
    const into = free.pop() ?? new Uint8Array(new SharedArrayBuffer(bytes.byteLength));
    await inTurns(copying(into, bytes));
    return into;
  };
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
      embeddingHashes = [];
      const tasks = shards.map((_, shard): AddressedTask => ({
        task: { kind: 'encode', ...taskBase(step, shard, parameters) },
        to: { kind: 'any' },
        preferred: loadedBy.get(shard),
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
          embeddingHashes[answer.shard] = answer.resultHash;
          if (answer.kind === 'encode') traffic.skipped.push(...answer.skipped);
        },
      });
      return {
        images,
        texts,
        ...Object.fromEntries(keysBy.map(([mask, keys]) => [mask, denseIds(keys, pairHashBytes)])),
      };
    },

    async backprop(step, parameters, { imageGradients, textGradients }) {
      if (lent) free.push(lent);
      lent = undefined;
      const stepKeys = keys.step(step, epoch);
      const rowsOf = (gradients: Float32Array, { offset, size }: ShardRange) => ({
        shape: [size, d],
        data: gradients.subarray(offset * d, (offset + size) * d),
      });
      const encoded = function* (): Pausable<Uint8Array[]> {
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
      const blobs = await inTurns(encoded());
      const gradientHashes = await Promise.all(
        blobs.map((bytes, shard) => deliver(stepKeys.embeddingGradients(shard), bytes)),
      );
      const firstShardOf = new Map(encodedBy.map((worker, shard) => [worker, shard] as const).reverse());
      loadedBy = new Map([...firstShardOf].map(([worker, shard]) => [shard, worker]));
      const tasks = shards.map((_, shard): AddressedTask => {
        const worker = encodedBy[shard]!;
        const next = step + 1 < config.steps ? { next: { step: step + 1, shard: firstShardOf.get(worker)! } } : {};
        const task = {
          kind: 'backprop',
          ...taskBase(step, shard, parameters),
          gradientsKey: stepKeys.embeddingGradients(shard),
          gradientsHash: gradientHashes[shard]!,
          embeddingsKey: stepKeys.embeddings(shard),
          embeddingsHash: embeddingHashes[shard]!,
          ...next,
        } as const;
        return { task, to: { kind: 'worker', id: worker } };
      });
      const sum = reductionTree<Uint8Array>(shards.length, async (left, right) => {
        await optimizer.add(left, right);
        free.push(right);
        return left;
      });
      await pool.run(tasks, {
        ...terms,
        async onAnswer(answer) {
          bookLoading(answer);
          await sum.put(answer.shard, await receiveShared(answer));
        },
      });
      lent = sum.root();
      return lent;
    },

    nonFiniteGradient: (step) =>
      nonFiniteGradient(shards, (shard) => store.get(keys.step(step, epoch).gradients(shard))),

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

function noTraffic(): Traffic {
  return { bytesIn: 0, bytesOut: 0, retries: 0, skipped: [], loadMs: new Map() };
}
