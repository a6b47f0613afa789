import { buildTrie } from './trie.js';

/**
 * An Aho–Corasick automaton: it finds all patterns, which are sequences of tokens, in one pass over a sequence, in time
 * linear in its length and the number of finds. Source: Aho & Corasick 1975.
 *
 * Its symbols are whole words, not characters. With 500,000 queries the tables are far larger than the processor's
 * caches, and time goes by in waiting for memory: a word costs three or four reads this way, and by characters ten. The
 * packages there are go by characters and make an object of every find, which takes eight times the time
 * (modern-ahocorasick 3.3: 23,000 captions of 75 characters in a second).
 */
export interface Automaton {
  /** The node after `node` by a token: that of the longest end of the sequence so far which begins a pattern. */
  next(node: number, token: number): number;
  /** What is known of each node, as `Node` says: [nodes × 8]. The root is node 0. */
  readonly nodes: Int32Array;
}

/** Numbers of a node, side by side so that they are read in one go. */
export const nodeNumbers = 8;
export const Node = {
  /** The node of the longest end of a node's sequence, shorter than itself, that is a node. */
  fallback: 0,
  /** The pattern that a node is, or −1. */
  pattern: 1,
  /** The node of the longest pattern that a node ends with, itself left out; 0 if there is none. */
  shorter: 2,
  /** A bit for each remainder of 32 that a token has by which there is a child: most searches for one are spared. */
  childBits: 3,
  /** Free for whoever uses the automaton. */
  lastFind: 4,
  finds: 5,
} as const;

/** `patterns`: sequences of tokens 0 … `tokens` − 1, different from each other, none of them empty. */
export function buildAutomaton(patterns: readonly Uint32Array[], tokens: number): Automaton {
  const trie = buildTrie(patterns, tokens);
  const { children, parents, lastTokens, patternOf } = trie;
  const nodes = new Int32Array(trie.nodes * nodeNumbers);

  function next(node: number, token: number): number {
    for (let at = node; at !== 0; at = nodes[at * nodeNumbers + Node.fallback]!) {
      if (((nodes[at * nodeNumbers + Node.childBits]! >>> (token & 31)) & 1) === 0) continue;
      const child = children.child(at, token);
      if (child !== 0) return child;
    }
    return 1 + token;
  }

  nodes[Node.pattern] = -1;
  for (let node = 1; node < trie.nodes; node++)
    nodes[parents[node]! * nodeNumbers + Node.childBits]! |= 1 << (lastTokens[node]! & 31);
  // Links lead to nodes that are nearer to the root, which come first.
  for (let node = 1; node < trie.nodes; node++) {
    const parent = parents[node]!;
    const link = parent === 0 ? 0 : next(nodes[parent * nodeNumbers + Node.fallback]!, lastTokens[node]!);
    const isPattern = nodes[link * nodeNumbers + Node.pattern]! >= 0;
    nodes[node * nodeNumbers + Node.fallback] = link;
    nodes[node * nodeNumbers + Node.pattern] = patternOf[node]!;
    nodes[node * nodeNumbers + Node.shorter] = isPattern ? link : nodes[link * nodeNumbers + Node.shorter]!;
  }
  return { next, nodes };
}
