/** Which pairs belong to the same group: the same class, product or scene. */
export interface PairGroups {
  /** Group names in order of first appearance. */
  readonly names: readonly string[];
  /** For each pair, the index of its group in `names`: [pairs]. */
  readonly ofPair: Int32Array;
  /** Indices of the pairs of a group, ascending. A view, not a copy. */
  pairsOf(group: number): Int32Array;
}

export function pairGroups(names: readonly string[], ofPair: Int32Array): PairGroups {
  const starts = new Int32Array(names.length + 1);
  for (const group of ofPair) starts[group + 1] = (starts[group + 1] ?? 0) + 1;
  for (let group = 0; group < names.length; group++) starts[group + 1] = starts[group + 1]! + starts[group]!;
  const next = starts.slice();
  const members = new Int32Array(ofPair.length);
  ofPair.forEach((group, pair) => {
    const place = next[group]!;
    members[place] = pair;
    next[group] = place + 1;
  });
  return { names, ofPair, pairsOf: (group) => members.subarray(starts[group], starts[group + 1]) };
}
