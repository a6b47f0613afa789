/**
 * Directed edges between nodes 0, 1, 2, … of a network. The capacity of an edge is the most that can flow through it;
 * Infinity is no limit.
 */
export interface Network {
  readonly nodes: number;
  readonly edges: readonly { readonly from: number; readonly to: number; readonly capacity: number }[];
}

/**
 * Find the nodes on the source's side of a minimum cut. Of all sets with the source and without the sink, this is one
 * whose leaving edges have the least total capacity; of several such sets it is the smallest. Every path from source to
 * sink must have an edge of finite capacity. Source: Dinitz 1970.
 */
export function minimumCut({ nodes, edges }: Network, source: number, sink: number): ReadonlySet<number> {
  // Residual capacity of edge e at index 2e, and of its reverse at 2e + 1.
  const left = edges.flatMap(({ capacity }) => [capacity, 0]);
  const leaving: number[][] = Array.from({ length: nodes }, () => []);
  edges.forEach(({ from, to }, edge) => (leaving[from]!.push(2 * edge), leaving[to]!.push(2 * edge + 1)));
  const head = (half: number): number => (half % 2 === 0 ? edges[half >> 1]!.to : edges[half >> 1]!.from);

  for (;;) {
    const distances = new Map([[source, 0]]);
    for (const [node, distance] of distances) {
      for (const half of leaving[node]!)
        if (left[half]! > 0 && !distances.has(head(half))) distances.set(head(half), distance + 1);
    }
    if (!distances.has(sink)) return new Set(distances.keys());

    const tried = new Int32Array(nodes);
    const push = (node: number, most: number): number => {
      if (node === sink) return most;
      for (; tried[node]! < leaving[node]!.length; tried[node]!++) {
        const half = leaving[node]![tried[node]!]!;
        const isNearer = left[half]! > 0 && distances.get(head(half)) === distances.get(node)! + 1;
        const flow = isNearer ? push(head(half), Math.min(most, left[half]!)) : 0;
        if (flow === 0) continue;
        left[half]! -= flow;
        left[half ^ 1]! += flow;
        return flow;
      }
      return 0;
    };
    while (push(source, Infinity) > 0);
  }
}
