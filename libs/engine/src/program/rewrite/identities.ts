import type { Node, Program, Value } from '../program.js';
import { producers } from '../program.js';
import { uniformValue } from '../uniform-value.js';
import { replaceValues } from './replace.js';

/**
 * Drop operations that change nothing: x+0, x−0, x·1, x/1, a reshape to the same shape, a cast to the same type, a
 * transpose that keeps the order, a slice of everything, a single tile, a concat of one operand. tfjs's gradients
 * contain many of them.
 */
export function removeIdentities(program: Program): Program {
  const definedBy = producers(program);
  return replaceValues(program, (node) => {
    const kept = unchangedOperand(node, (value) => uniformValue(definedBy.get(value)));
    const output = node.outputs[0]!;
    return kept && kept.dtype === output.dtype && sameShape(kept, output) ? [kept] : 'keep';
  });
}

function unchangedOperand(node: Node, uniform: (value: Value) => number | undefined): Value | undefined {
  const [a, b] = node.inputs;
  switch (node.kind) {
    case 'add':
      return uniform(b!) === 0 ? a : uniform(a!) === 0 ? b : undefined;
    case 'sub':
      return uniform(b!) === 0 ? a : undefined;
    case 'mul':
      return uniform(b!) === 1 ? a : uniform(a!) === 1 ? b : undefined;
    case 'div':
      return uniform(b!) === 1 ? a : undefined;
    case 'reshape':
    case 'cast':
      return a;
    case 'transpose':
      return node.attributes.perm.every((axis, at) => axis === at) ? a : undefined;
    case 'slice':
      return a;
    case 'tile':
      return a;
    case 'concat':
      return node.inputs.length === 1 ? a : undefined;
    default:
      return undefined;
  }
}

function sameShape(a: Value, b: Value): boolean {
  return a.shape.length === b.shape.length && a.shape.every((extent, axis) => extent === b.shape[axis]);
}
