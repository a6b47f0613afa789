import type { Node, Program, Value } from '../program.js';

/** Drop operations whose results nobody uses. */
export function removeDeadCode(program: Program): Program {
  const needed = new Set<Value>(Object.values(program.outputs));
  const kept: Node[] = [];
  for (const node of program.nodes.toReversed()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    kept.push(node);
    node.inputs.forEach((value) => needed.add(value));
  }
  return { ...program, nodes: kept.reverse() };
}
