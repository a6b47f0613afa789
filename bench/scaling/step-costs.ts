import { contrastiveLossFlops, trainingFlops } from '#model/flops/flops.js';
import { modelSize } from '#model/flops/model-size.js';
import type { ClipConfig } from '#protocol/run/run-config.js';
import { shardsPerTaskMax } from '#protocol/pool/task.js';
import type { Machine, StoreRates } from './machines.js';

/** What a run trains. */
export interface Workload {
  readonly name: string;
  readonly model: ClipConfig;
  /** N, pairs in the batch, and n, pairs in a shard. */
  readonly batch: number;
  readonly shardSize: number;
}

/** Bytes and operations of a step. */
export interface StepCosts {
  /** S, shards of the batch. */
  readonly shards: number;
  readonly parameterBytes: number;
  /** I and T of the batch; dI and dT have as many. */
  readonly embeddingBytes: number;
  /** Of a pair in the forward pass; the backward pass has twice as many. */
  readonly forwardFlops: number;
  readonly lossFlops: number;
}

export function stepCosts({ model, batch, shardSize }: Workload): StepCosts {
  return {
    shards: Math.ceil(batch / shardSize),
    parameterBytes: 4 * modelSize(model).parameters.total,
    embeddingBytes: 2 * 4 * batch * model.embed_dim,
    forwardFlops: trainingFlops(model) / 3,
    lossFlops: contrastiveLossFlops(batch, model.embed_dim),
  };
}

/** Seconds of a step by phase. What overlaps counts where it is waited for. */
export interface PhaseSeconds {
  /** θ to the store, to the workers, and the forward pass. */
  readonly encode: number;
  readonly loss: number;
  /** dI and dT to the workers, the backward pass, and the workers' sums to the coordinator. */
  readonly backprop: number;
  /** The journal and AdamW. */
  readonly update: number;
}

/**
 * The arithmetic of a step: W workers share S = ⌈N/n⌉ shards evenly, each sends its sums once, for at most 16 shards a
 * time. A blob takes its bytes over the link of its process; those of all workers together take their bytes over the
 * store's total. It knows no queue, no memory and no thread: the simulation does, and this is what it is held against.
 */
export function phaseSeconds(workload: Workload, workers: number, machine: Machine, store: StoreRates): PhaseSeconds {
  const { shards, parameterBytes, embeddingBytes, forwardFlops, lossFlops } = stepCosts(workload);
  const busy = Math.min(workers, shards);
  const flopsEach = Math.ceil(shards / busy) * workload.shardSize * forwardFlops;
  const forward = flopsEach / (machine.forwardGigaflops * 1e9);
  const backward = (2 * flopsEach) / (machine.backwardGigaflops * 1e9);
  const sums = busy * Math.ceil(Math.ceil(shards / busy) / shardsPerTaskMax);
  const read = (bytes: number): number => store.readMs / 1000 + bytes / store.readBytesPerSecond;
  const written = (bytes: number): number => store.writeMs / 1000 + bytes / store.writeBytesPerSecond;
  const all = (bytes: number): number => store.readMs / 1000 + bytes / store.totalBytesPerSecond;
  const hashed = (bytes: number): number => bytes / machine.hashBytesPerSecond;
  const published = Math.max(written(parameterBytes), hashed(parameterBytes));
  const received = Math.max(read(parameterBytes), all(busy * parameterBytes), hashed(parameterBytes));
  const rowsEach = embeddingBytes / busy;
  const perSum = parameterBytes / machine.addBytesPerSecond;
  const sent = Math.max(written(parameterBytes), hashed(parameterBytes), all(sums * parameterBytes));
  const gathered =
    sums * Math.max(parameterBytes / store.readBytesPerSecond, hashed(parameterBytes)) + store.readMs / 1000;
  return {
    encode: published + received + forward + written(rowsEach) + read(embeddingBytes),
    loss: lossFlops / (machine.lossGigaflops * 1e9),
    backprop:
      written(embeddingBytes) +
      read(rowsEach) +
      backward +
      (Math.ceil(shards / busy) - 1) * (parameterBytes / machine.sumBytesPerSecond) +
      sent +
      gathered +
      perSum,
    update:
      Math.max(written(parameterBytes), hashed(parameterBytes)) +
      store.durableMs / 1000 +
      parameterBytes / machine.updateBytesPerSecond,
  };
}

export function totalOf({ encode, loss, backprop, update }: PhaseSeconds): number {
  return encode + loss + backprop + update;
}
