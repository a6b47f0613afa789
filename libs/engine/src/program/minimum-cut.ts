/**
 * Directed edges between nodes 0, 1, 2, … of a network, each with the most that can flow through it: Infinity for no
 * limit.
 */
export interface Network {
  readonly nodes: number;
  readonly edges: readonly { readonly from: number; readonly to: number; readonly capacity: number }[];
}

/**
 * The nodes on the source's side of a cheapest cut: the set, source in it and sink not, with the least sum of
 * capacities of the edges that leave it; of several the smallest. Every path from source to sink must have a limit.
 * Source: Dinitz 1970.
 */
export function minimumCut({ nodes, edges }: Network, source: number, sink: number): ReadonlySet<number> {
  // What still fits through edge e at 2e, and through its reverse at 2e + 1.
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
