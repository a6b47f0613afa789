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
  /** The pattern that a node is, or −1. */
  pattern(node: number): number;
  /** The node of the longest pattern that a node ends with, itself left out; 0 if there is none. */
  shorter(node: number): number;
}

/** Numbers of a node, side by side so that they are read in one go. */
const fallback = 0;
const pattern = 1;
const shorter = 2;
/** A bit for each remainder of 32 that a token has by which there is a child: most searches for one are spared. */
const childBits = 3;
const nodeNumbers = 4;

/** `patterns`: sequences of tokens 0 … `tokens` − 1, different from each other, none of them empty. */
export function buildAutomaton(patterns: readonly Uint32Array[], tokens: number): Automaton {
  const { nodes, children, parents, lastTokens, patternOf } = buildTrie(patterns, tokens);
  const table = new Int32Array(nodes * nodeNumbers);

  function next(node: number, token: number): number {
    for (let at = node; at !== 0; at = table[at * nodeNumbers + fallback]!) {
      if (((table[at * nodeNumbers + childBits]! >>> (token & 31)) & 1) === 0) continue;
      const child = children.child(at, token);
      if (child !== 0) return child;
    }
    return 1 + token;
  }

  for (let node = 1; node < nodes; node++)
    table[parents[node]! * nodeNumbers + childBits]! |= 1 << (lastTokens[node]! & 31);
  // Links lead to nodes that are nearer to the root, which come first.
  for (let node = 1; node < nodes; node++) {
    const parent = parents[node]!;
    const link = parent === 0 ? 0 : next(table[parent * nodeNumbers + fallback]!, lastTokens[node]!);
    const isPattern = table[link * nodeNumbers + pattern]! >= 0 && link !== 0;
    table[node * nodeNumbers + fallback] = link;
    table[node * nodeNumbers + pattern] = patternOf[node]!;
    table[node * nodeNumbers + shorter] = isPattern ? link : table[link * nodeNumbers + shorter]!;
  }
  return {
    next,
    pattern: (node) => table[node * nodeNumbers + pattern]!,
    shorter: (node) => table[node * nodeNumbers + shorter]!,
  };
}
