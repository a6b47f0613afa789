import { producers, type Node, type Program } from '../program.js';
import { replaceValues } from './replace.js';

/**
 * Replace a fill by a scalar constant where it meets an operand of the result's shape: broadcasting gives the same
 * numbers without writing a tensor of them.
 */
export function shrinkFills(program: Program): Program {
  const definedBy = producers(program);
  return replaceValues(program, (node, emit) => {
    if (!broadcasting.has(node.kind)) return 'keep';
    const shape = JSON.stringify(node.outputs[0]!.shape);
    const fills = node.inputs.map((value) => fillOf(definedBy.get(value)));
    const isFull = node.inputs.some((value, at) => JSON.stringify(value.shape) === shape && !fills[at]);
    const shrinks = node.inputs.map((value, at) => isFull && value.shape.length > 0 && fills[at]);
    if (!shrinks.some(Boolean)) return 'keep';
    const inputs = node.inputs.map((value, at) => {
      const fill = shrinks[at];
      return fill
        ? emit('constant', [], { values: [fill.attributes.value] }, { shape: [], dtype: value.dtype })
        : value;
    });
    return [emit(node.kind, inputs, node.attributes)];
  });
}

function fillOf(node: Node | undefined): (Node & { kind: 'fill' }) | undefined {
  return node?.kind === 'fill' ? node : undefined;
}

const broadcasting: ReadonlySet<Node['kind']> = new Set([
  'add',
  'sub',
  'mul',
  'div',
  'pow',
  'maximum',
  'minimum',
  'greater',
  'greaterEqual',
  'less',
  'lessEqual',
  'equal',
  'where',
]);
