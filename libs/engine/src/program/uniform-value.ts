import type { Node } from './program.js';

/** The value of every element of a node's result, if the node is a fill or a constant of one element. */
export function uniformValue(node: Node | undefined): number | undefined {
  if (node?.kind === 'fill') return node.attributes.value;
  if (node?.kind === 'constant' && node.attributes.values.length === 1) return node.attributes.values[0];
  return undefined;
}
