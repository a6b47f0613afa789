import { canonicalJson, sha256 } from '../dataset/canonical-json.js';
import type { Dataset } from '../dataset/dataset.js';
import { pairGroups, type PairGroups } from '../dataset/pair-groups.js';
import { lastAtOrBefore, startsOf } from './ascending.js';
import { permute } from './permutation.js';
import { Purpose } from './random-bits.js';

/**
 * A share of a data set: of its groups, which are whole, or of its pairs if it has none; at least one. Which ones is a
 * function of the seed and of their number, and a smaller share is part of a larger one of the same seed. The pairs
 * keep their order.
 */
export function datasetPart(dataset: Dataset, share: number, seed: number): Dataset {
  const { groups } = dataset;
  const units = groups ? groups.names.length : dataset.pairs;
  const taken = Math.max(1, Math.round(units * share));
  const isTaken = (unit: number): boolean => permute(unit, units, [seed, Purpose.part]) < taken;
  const members = groups
    ? membersOf(groups, isTaken)
    : { indices: Int32Array.from(range(dataset.pairs).filter(isTaken)), groups: undefined };
  const wholeOf = (index: number): number => {
    const whole = members.indices[index];
    if (whole === undefined)
      throw new RangeError(`sample: expected 0 <= index < ${members.indices.length}, got ${index}`);
    return whole;
  };
  async function* indexes(): ReturnType<Dataset['indexes']> {
    let [first, next] = [0, 0];
    for await (const shard of dataset.indexes()) {
      const kept = [];
      for (; next < members.indices.length && members.indices[next]! < first + shard.length; next++)
        kept.push(shard[members.indices[next]! - first]!);
      first += shard.length;
      yield kept;
    }
  }
  return {
    ...dataset,
    hash: sha256(canonicalJson([dataset.hash, share, seed])),
    pairs: members.indices.length,
    filePairs: pairsLeft(dataset.filePairs, members.indices),
    groups: members.groups,
    sample: (index) => dataset.sample(wholeOf(index)),
    decoded: (index, shortestSide) => dataset.decoded(wholeOf(index), shortestSide),
    prefetch: (indices) => dataset.prefetch(Array.from(indices, wholeOf)),
    async *captions() {
      for await (const index of indexes()) for (const { captions } of index) yield* captions;
    },
    indexes,
  };
}

/** How many of the pairs of each tar file are in the part; files without any are left out. */
function pairsLeft(filePairs: readonly number[], indices: Int32Array): number[] {
  const starts = startsOf(filePairs).subarray(0, -1);
  const counts = filePairs.map(() => 0);
  for (const index of indices) counts[lastAtOrBefore(starts, index)]!++;
  return counts.filter((count) => count > 0);
}

/** The pairs of some groups, and these groups with the places of their pairs in the part. */
function membersOf(
  { names, ofPair }: PairGroups,
  isTaken: (group: number) => boolean,
): { readonly indices: Int32Array; readonly groups: PairGroups } {
  const kept = range(names.length).filter(isTaken);
  const placeOf = new Int32Array(names.length).fill(-1);
  kept.forEach((group, place) => (placeOf[group] = place));
  const indices = Int32Array.from(range(ofPair.length).filter((pair) => placeOf[ofPair[pair]!]! >= 0));
  return {
    indices,
    groups: pairGroups(
      kept.map((group) => names[group]!),
      indices.map((pair) => placeOf[ofPair[pair]!]!),
    ),
  };
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
