import { printSpec } from '../tensor-spec.js';
import type { Node, Program, Value } from './program.js';

/**
 * Print a program, one operation per line: `%3 float32[2,4] = matMul %0 %1 {transposeB}`. Values are numbered in the
 * order of their definition, so equal programs print the same text; tests compare programs in this form.
 */
export function print(program: Program): string {
  const numbers = new Map<Value, number>();
  const define = (value: Value): string => {
    numbers.set(value, numbers.size);
    return `%${numbers.get(value)!} ${printSpec(value)}`;
  };
  const use = (value: Value): string => `%${numbers.get(value) ?? '?'}`;
  const inputs = Object.entries(program.inputs).map(([name, value]) => `${define(value)} = input ${name}`);
  const nodes = program.nodes.map((node) => {
    const operands = node.inputs.map(use);
    return (
      `${node.outputs.map(define).join(', ')} = ` +
      `${[node.kind, ...operands, printAttributes(node)].filter(Boolean).join(' ')}`
    );
  });
  const outputs = Object.entries(program.outputs).map(([name, value]) => `output ${name} = ${use(value)}`);
  return [...inputs, ...nodes, ...outputs].join('\n') + '\n';
}

function printAttributes(node: Node): string {
  const shown = Object.entries(node.attributes).flatMap(([name, value]) => {
    if (value === false) return [];
    if (value === true) return [name];
    return [`${name}: ${JSON.stringify(value)}`];
  });
  return shown.length > 0 ? `{${shown.join(', ')}}` : '';
}
