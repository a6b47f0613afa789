import { producers, type Node, type Program, type Value } from '../program.js';

/**
 * A fill that only broadcasts against a full-sized operand becomes a scalar constant: the same numbers without writing
 * a tensor of them.
 */
export function shrinkFills(program: Program): Program {
  const definedBy = producers(program);
  const nodes: Node[] = [];
  let nextId = Math.max(0, ...program.nodes.flatMap((node) => node.outputs.map((value) => value.id))) + 1;
  const scalarOf = (fill: Node, value: Value): Value => {
    const scalar: Value = { id: nextId++, shape: [], dtype: value.dtype };
    nodes.push({ kind: 'constant', inputs: [], outputs: [scalar], attributes: { values: [(fill.attributes as { value: number }).value] }, scope: fill.scope });
    return scalar;
  };
  for (const node of program.nodes) {
    if (!broadcasting.has(node.kind)) {
      nodes.push(node);
      continue;
    }
    const shape = JSON.stringify(node.outputs[0]!.shape);
    const full = node.inputs.filter((value) => JSON.stringify(value.shape) === shape && definedBy.get(value)?.kind !== 'fill');
    const inputs = node.inputs.map((value) => {
      const fill = definedBy.get(value);
      return fill?.kind === 'fill' && value.shape.length > 0 && full.length > 0 ? scalarOf(fill, value) : value;
    });
    nodes.push({ ...node, inputs });
  }
  return { ...program, nodes };
}

const broadcasting: ReadonlySet<Node['kind']> = new Set([
  'add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'greater', 'greaterEqual', 'less', 'lessEqual', 'equal', 'where',
]);
