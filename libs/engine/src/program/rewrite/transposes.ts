import { producers, type Program } from '../program.js';
import { replaceValues } from './replace.js';

/** Merge a transpose of a transpose into one. If it keeps the order, removeIdentities drops it. */
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
