import { printSpec } from '../../tensor-spec.js';
import type { Program, Value } from '../program.js';
import { replaceValues } from './replace.js';

/** Keep only the first of several nodes with the same operation, attributes and operands. */
export function mergeCommonSubexpressions(program: Program): Program {
  const seen = new Map<string, readonly Value[]>();
  return replaceValues(program, (node) => {
    const operands = node.inputs.map((value) => value.id).join(',');
    const key = `${node.kind}(${operands})${JSON.stringify(node.attributes)}${node.outputs.map(printSpec).join()}`;
    const first = seen.get(key);
    if (first) return first;
    seen.set(key, node.outputs);
    return 'keep';
  });
}
