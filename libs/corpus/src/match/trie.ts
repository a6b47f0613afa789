import { childTable, type ChildTable } from './child-table.js';

/**
 * The beginnings of patterns as nodes. Node 0, the root, is the empty one; node 1 + t is the token t alone, whether or
 * not a pattern begins with it. No node has a smaller number than one that is nearer to the root.
 */
export interface Trie {
  readonly nodes: number;
  /** All edges but those of the root. */
  readonly children: ChildTable;
  /** The node before its last token, and that token: [nodes]. */
  readonly parents: Uint32Array;
  readonly lastTokens: Uint32Array;
  /** The pattern that a node is, or −1: [nodes]. */
  readonly patternOf: Int32Array;
}

/** `patterns`: sequences of tokens 0 … `tokens` − 1, different from each other, none of them empty. */
export function buildTrie(patterns: readonly Uint32Array[], tokens: number): Trie {
  const edgesMax = patterns.reduce((sum, { length }) => sum + length - 1, 0);
  const nodesMax = 1 + tokens + edgesMax;
  const children = childTable(edgesMax);
  const parents = new Uint32Array(nodesMax);
  const lastTokens = new Uint32Array(nodesMax);
  const patternOf = new Int32Array(nodesMax).fill(-1);
  for (let token = 0; token < tokens; token++) lastTokens[1 + token] = token;
  let nodes = 1 + tokens;

  function childOf(node: number, token: number): number {
    const there = node === 0 ? 1 + token : children.child(node, token);
    if (there !== 0) return there;
    children.add(node, token, nodes);
    parents[nodes] = node;
    lastTokens[nodes] = token;
    return nodes++;
  }

  // One depth after another, so that nodes are numbered breadth first.
  let growing = patterns.map((pattern, index) => ({ pattern, index, node: 0 }));
  for (let depth = 0; growing.length > 0; depth++) {
    for (const one of growing) one.node = childOf(one.node, one.pattern[depth]!);
    for (const { pattern, index, node } of growing) if (pattern.length === depth + 1) patternOf[node] = index;
    growing = growing.filter(({ pattern }) => pattern.length > depth + 1);
  }
  return { nodes, children, parents, lastTokens, patternOf };
}
