// Goal: a minimum cut is the cheapest there is. Method: small random networks, in which every cut is tried.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { minimumCut, type Network } from './minimum-cut.js';

const nodes = 6;
const [source, sink] = [0, 1];
const node = fc.nat(nodes - 1);
const networks = fc
  .array(fc.record({ from: node, to: node, capacity: fc.nat(3) }), { minLength: 8, maxLength: 24 })
  .map((edges): Network => ({ nodes, edges }));

function capacity({ edges }: Network, side: ReadonlySet<number>): number {
  return edges.filter(({ from, to }) => side.has(from) && !side.has(to)).reduce((sum, edge) => sum + edge.capacity, 0);
}

function everySide(): ReadonlySet<number>[] {
  const others = [2, 3, 4, 5];
  return Array.from(
    { length: 2 ** others.length },
    (_, choice) => new Set([source, ...others.filter((_, at) => (choice >> at) & 1)]),
  );
}

it('finds a cut of the least capacity, and of several the smallest', () => {
  fc.assert(
    fc.property(networks, (network) => {
      const side = minimumCut(network, source, sink);
      const least = Math.min(...everySide().map((each) => capacity(network, each)));
      expect(side.has(source) && !side.has(sink)).toBe(true);
      expect(capacity(network, side)).toBe(least);
      for (const each of everySide())
        if (capacity(network, each) === least) expect([...side].every((one) => each.has(one))).toBe(true);
    }),
    { numRuns: 1000 },
  );
});

it('cuts no edge of infinite capacity', () => {
  const edges = [
    { from: source, to: 2, capacity: 7 },
    { from: 2, to: 3, capacity: Infinity },
    { from: 3, to: sink, capacity: 9 },
  ];
  expect(minimumCut({ nodes: 4, edges }, source, sink)).toEqual(new Set([source]));
});

it('reroutes flow that blocks another path', () => {
  const [a, b, c, d, e] = [2, 3, 4, 5, 6];
  const edges = [
    [source, a],
    [source, b],
    [a, c],
    [a, d],
    [b, c],
    [c, sink],
    [d, e],
    [e, sink],
  ].map(([from, to]) => ({ from: from!, to: to!, capacity: 1 }));
  expect(minimumCut({ nodes: 7, edges }, source, sink)).toEqual(new Set([source]));
});
