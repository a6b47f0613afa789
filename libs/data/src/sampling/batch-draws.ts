import { LRUCache } from 'lru-cache';
import { blockOrder, type BlockOrder, type OrderedPair } from './block-order.js';
import { mixedRows, pairsTaken } from './mixture.js';
import { permute } from './permutation.js';
import { Purpose, randomIndex } from './random-bits.js';

/** Neighbouring pairs of a data set that are drawn by themselves. */
export interface Source {
  /** The index of its first pair. */
  readonly first: number;
  readonly pairs: number;
  /** Pairs of each of its tar files. */
  readonly filePairs: readonly number[];
  /** Its share of a batch is this over the sum of all. */
  readonly weight: number;
}

export interface BatchRequest {
  readonly seed: number;
  readonly step: number;
  readonly batch: number;
  readonly sampling: 'pairs' | 'blocks' | 'resampled';
  readonly blockPairs: number;
}

/** Draws the pairs of whole batches: [batch]. */
export type BatchDraws = (request: BatchRequest) => Float64Array;

/** Batches that are kept: every shard of a step asks for its batch, and shards of a later step are fetched ahead. */
const batchesKept = 16;

/**
 * Draws batches from sources with weights, or in blocks. Each source gets its share of a batch and has epochs of its
 * own. Within a batch, pairs of one tar file are neighbours, as far as the mixture allows: a shard then needs few
 * files, and the loss does not know the order of a batch.
 */
export function openBatchDraws(sources: readonly Source[]): BatchDraws {
  const weights = sources.map(({ weight }) => weight);
  const orders = new LRUCache<string, BlockOrder>({ max: 2 * sources.length });
  const batches = new LRUCache<string, Float64Array>({ max: batchesKept });

  function orderOf(source: number, epoch: number, { seed, blockPairs }: BatchRequest): BlockOrder {
    const key = `${seed} ${blockPairs} ${source} ${epoch}`;
    const kept = orders.get(key);
    if (kept) return kept;
    const { filePairs } = sources[source]!;
    const order = blockOrder({ filePairs, blockPairs, seeds: seedsOf(source, epoch, seed) });
    orders.set(key, order);
    return order;
  }

  /** The pair at a position of all that a run draws from a source, and where it stands in the order of files. */
  function pairAt(source: number, position: number, request: BatchRequest): OrderedPair {
    const { first, pairs } = sources[source]!;
    const { seed, sampling } = request;
    const epoch = Math.floor(position / pairs);
    if (sampling === 'blocks') {
      const { index, place } = orderOf(source, epoch, request).pairAt(position % pairs);
      return { index: first + index, place: epoch * pairs + place };
    }
    const index =
      sampling === 'resampled'
        ? randomIndex(pairs, seed, Purpose.resampled, source, Math.floor(position / 2 ** 32), position)
        : permute(position % pairs, pairs, seedsOf(source, epoch, seed));
    return { index: first + index, place: position };
  }

  function drawn(request: BatchRequest): Float64Array {
    const { step, batch } = request;
    const [before, after] = [pairsTaken(weights, step * batch), pairsTaken(weights, (step + 1) * batch)];
    const counts = after.map((count, source) => count - before[source]!);
    const pairs = counts.map((count, source) =>
      Array.from({ length: count }, (_, number) => pairAt(source, before[source]! + number, request)).sort(
        (one, other) => one.place - other.place,
      ),
    );
    return Float64Array.from(mixedRows(counts), ({ source, number }) => pairs[source]![number]!.index);
  }

  return (request) => {
    const key = Object.values(request).join(' ');
    const kept = batches.get(key);
    if (kept) return kept;
    const batch = drawn(request);
    batches.set(key, batch);
    return batch;
  };
}

/** The first source has the order that it has alone. */
function seedsOf(source: number, epoch: number, seed: number): number[] {
  return source === 0 ? [seed, Purpose.order, epoch] : [seed, Purpose.order, epoch, source];
}
