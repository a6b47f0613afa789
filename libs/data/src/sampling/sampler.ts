import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { RunConfig } from '#protocol/run/run-config.js';
import type { PairGroups } from '../dataset/pair-groups.js';
import { permute } from './permutation.js';
import { Purpose, randomBits, randomIndex } from './random-bits.js';

/** One row of a batch: which pair of the data set, and the seed of everything that is drawn for it. */
export interface Draw {
  readonly index: number;
  readonly seed: number;
}

export type Sampling = RunConfig['data']['sampling'];

/** What the sampler needs to know of a data set. */
export interface Population {
  readonly pairs: number;
  readonly groups: PairGroups | undefined;
}

export interface DrawRequest {
  readonly seed: number;
  readonly step: number;
  /** Rows of the batch: a shard's. */
  readonly offset: number;
  readonly size: number;
  /** N. */
  readonly batch: number;
  readonly dataset: Population;
  readonly sampling: Sampling;
}

/**
 * The pairs of rows [offset, offset + size) of a step's batch: [n]. A function of (seed, step, row) only, so that every
 * way to cut a batch gives the same batch (invariant B1). `pairs`: epochs follow one another without a gap, each a
 * permutation of all pairs. `groups`: an epoch is as many whole batches as the groups fill, a permutation of the
 * groups; those left over sit out, and of each group one pair is drawn.
 */
export function draws({ seed, step, offset, size, batch, dataset, sampling }: DrawRequest): Draw[] {
  checkSampling({ batch, dataset, sampling });
  const epochSize = populationSize(dataset, sampling);
  const epochRows = sampling === 'groups' ? epochSize - (epochSize % batch) : epochSize;
  return Array.from({ length: size }, (_, i) => {
    const row = step * batch + offset + i;
    const epoch = Math.floor(row / epochRows);
    const place = permute(row % epochRows, epochSize, [seed, Purpose.order, epoch]);
    const rowSeed = randomBits(seed, Purpose.row, Math.floor(row / 2 ** 32), row);
    return { index: sampling === 'groups' ? pairOfGroup(dataset, place, rowSeed) : place, seed: rowSeed };
  });
}

/** Steps until every pair (group) was drawn once, on average. */
export function stepsPerEpoch({
  batch,
  dataset,
  sampling,
}: Pick<DrawRequest, 'batch' | 'dataset' | 'sampling'>): number {
  const steps = populationSize(dataset, sampling) / batch;
  return sampling === 'groups' ? Math.floor(steps) : steps;
}

/** CONFIG_INVALID unless the data set can be sampled so. */
export function checkSampling({ batch, dataset, sampling }: Pick<DrawRequest, 'batch' | 'dataset' | 'sampling'>): void {
  if (sampling === 'pairs') return;
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
