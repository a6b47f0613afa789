import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { PairGroups } from '../dataset/pair-groups.js';
import { openBatchDraws, type BatchDraws, type Source } from './batch-draws.js';
import { permute } from './permutation.js';
import { Purpose, randomBits, randomIndex } from './random-bits.js';

/** One row of a batch: the index of its pair in the data set, and the seed for everything random about it. */
export interface Draw {
  readonly index: number;
  readonly seed: number;
}

export type Sampling = RunConfig['data']['sampling'];

/** The properties of a data set that sampling depends on. */
export interface Population {
  readonly pairs: number;
  readonly groups: PairGroups | undefined;
  /** Pairs of each tar file, in order; all are in one if this is left out. */
  readonly filePairs?: readonly number[];
  /** The parts of it that have a share of each batch, if they have one. */
  readonly sources?: readonly Source[] | undefined;
}

export interface DrawRequest {
  readonly seed: number;
  readonly step: number;
  /** First row, within the batch, of the shard. */
  readonly offset: number;
  readonly size: number;
  /** Global batch size N. */
  readonly batch: number;
  readonly dataset: Population;
  readonly sampling: Sampling;
  /** For blocks: as RunConfig has it. */
  readonly blockPairs?: number;
}

/**
 * Draws the pairs for rows [offset, offset + size) of a step's batch: [size]. Each depends only on (seed, step, row),
 * so the batch is the same however it is cut into shards (invariant B1). With `pairs` and `blocks`, epochs follow one
 * another without a gap and each is a permutation of all pairs. With `groups`, an epoch is a permutation of all groups,
 * cut off after the last full batch, and one pair of each group is drawn. With `resampled` there are no epochs.
 */
export function draws({ seed, step, offset, size, batch, dataset, sampling, blockPairs = 1 }: DrawRequest): Draw[] {
  checkSampling({ batch, dataset, sampling });
  if (sampling !== 'groups' && (dataset.sources || sampling !== 'pairs')) {
    const indices = batchDrawsOf(dataset)({ seed, step, batch, sampling, blockPairs });
    return Array.from({ length: size }, (_, i) => ({
      index: indices[offset + i]!,
      seed: rowSeedOf(seed, step * batch + offset + i),
    }));
  }
  const epochSize = populationSize(dataset, sampling);
  const epochRows = sampling === 'groups' ? epochSize - (epochSize % batch) : epochSize;
  return Array.from({ length: size }, (_, i) => {
    const row = step * batch + offset + i;
    const epoch = Math.floor(row / epochRows);
    const place = permute(row % epochRows, epochSize, [seed, Purpose.order, epoch]);
    const rowSeed = rowSeedOf(seed, row);
    return { index: sampling === 'groups' ? pairOfGroup(dataset, place, rowSeed) : place, seed: rowSeed };
  });
}

/** Whole batches and orders of epochs are kept with the data set, because every shard asks for them. */
const batchDraws = new WeakMap<Population, BatchDraws>();

function batchDrawsOf(dataset: Population): BatchDraws {
  const { pairs, filePairs = [pairs], sources = [{ first: 0, pairs, filePairs, weight: 1 }] } = dataset;
  const kept = batchDraws.get(dataset) ?? openBatchDraws(sources);
  batchDraws.set(dataset, kept);
  return kept;
}

function rowSeedOf(seed: number, row: number): number {
  return randomBits(seed, Purpose.row, Math.floor(row / 2 ** 32), row);
}

/** Steps per epoch: after this many, every pair (or group) has been drawn once on average. */
export function stepsPerEpoch({
  batch,
  dataset,
  sampling,
}: Pick<DrawRequest, 'batch' | 'dataset' | 'sampling'>): number {
  const steps = populationSize(dataset, sampling) / batch;
  return sampling === 'groups' ? Math.floor(steps) : steps;
}

/** Throws CONFIG_INVALID if the data set does not allow this sampling. */
export function checkSampling({ batch, dataset, sampling }: Pick<DrawRequest, 'batch' | 'dataset' | 'sampling'>): void {
  if (sampling !== 'groups') return;
  if (!dataset.groups) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message: 'data.sampling: expected pairs, since the pairs of data.train carry no groups, got "groups".',
      help: 'Set data.sampling to pairs, or give every pair a group when the data set is prepared.',
    });
  }
  if (dataset.groups.names.length < batch) {
    throw new TandemError({
      code: ErrorCode.ConfigInvalid,
      message:
        `batch: expected at most ${dataset.groups.names.length}, the number of groups in data.train, ` +
        `got ${batch}; data.sampling "groups" never puts two pairs of a group into a batch.`,
      help: 'Lower batch, or set data.sampling to pairs.',
    });
  }
}

function populationSize(dataset: Population, sampling: Sampling): number {
  return sampling === 'groups' ? (dataset.groups?.names.length ?? 0) : dataset.pairs;
}

function pairOfGroup({ groups }: Population, group: number, rowSeed: number): number {
  const members = groups?.pairsOf(group) ?? [];
  return members[randomIndex(members.length, rowSeed, Purpose.pairOfGroup)]!;
}
