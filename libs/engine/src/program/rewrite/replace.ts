import type { Node, Program, Value } from '../program.js';

/**
 * Walk the program once, in order, with every operand already replaced by what earlier steps decided. `visit` returns
 * `keep` to leave a node as it is, or values that stand in for its results from here on (the node is dropped).
 */
export function replaceValues(program: Program, visit: (node: Node) => 'keep' | readonly Value[]): Program {
  const standIns = new Map<Value, Value>();
  const current = (value: Value): Value => standIns.get(value) ?? value;
  const nodes: Node[] = [];
  for (const original of program.nodes) {
    const node = original.inputs.some((value) => standIns.has(value)) ? ({ ...original, inputs: original.inputs.map(current) } as Node) : original;
    const verdict = visit(node);
    if (verdict === 'keep') nodes.push(node);
    else node.outputs.forEach((value, index) => standIns.set(value, verdict[index]!));
  }
  const outputs = Object.fromEntries(Object.entries(program.outputs).map(([name, value]) => [name, current(value)]));
  return { inputs: program.inputs, nodes, outputs };
}
