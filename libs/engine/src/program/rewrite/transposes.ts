import { producers, type Program } from '../program.js';
import { replaceValues } from './replace.js';

/** A transpose of a transpose is one transpose, or none. */
export function mergeTransposes(program: Program): Program {
  const definedBy = producers(program);
  return replaceValues(program, (node, emit) => {
    if (node.kind !== 'transpose') return 'keep';
    const inner = definedBy.get(node.inputs[0]!);
    if (inner?.kind !== 'transpose') return 'keep';
    return [
      emit('transpose', inner.inputs, { perm: node.attributes.perm.map((axis) => inner.attributes.perm[axis]!) }),
    ];
  });
}
