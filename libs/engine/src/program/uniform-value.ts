import type { Node } from './program.js';

/** The one value all elements of a node's result have, where the node shows it. */
export function uniformValue(node: Node | undefined): number | undefined {
  if (node?.kind === 'fill') return node.attributes.value;
  if (node?.kind === 'constant' && node.attributes.values.length === 1) return node.attributes.values[0];
  return undefined;
}
