import type { TensorSpec } from '../../tensor-spec.js';
import { infer } from '../infer.js';
import type { Attributes, Primitive } from '../primitive.js';
import { freshValues, type Node, type Program, type Value } from '../program.js';

/** Adds an operation before the visited node, with the same scope, and returns its first result. */
export type Emit = <P extends Primitive>(
  kind: P,
  inputs: readonly Value[],
  attributes: Attributes[P],
  spec?: TensorSpec,
) => Value;

/**
 * Rewrite a program in one walk through its nodes. `visit` sees each node with its operands already replaced. It
 * returns `keep` to leave the node as it is, or values that replace its results from here on; the node is then dropped.
 */
export function replaceValues(program: Program, visit: (node: Node, emit: Emit) => 'keep' | readonly Value[]): Program {
  const standIns = new Map<Value, Value>();
  const current = (value: Value): Value => standIns.get(value) ?? value;
  const nodes: Node[] = [];
  const fresh = freshValues(program);
  for (const original of program.nodes) {
    const node = original.inputs.some((value) => standIns.has(value))
      ? ({ ...original, inputs: original.inputs.map(current) } as Node)
      : original;
    const emit: Emit = (kind, inputs, attributes, spec) => {
      const outputs = (spec ? [spec] : infer(kind, inputs, attributes)).map(fresh);
      nodes.push({ kind, inputs: inputs.map(current), outputs, attributes, scope: original.scope } as unknown as Node);
      return outputs[0]!;
    };
    const verdict = visit(node, emit);
    if (verdict === 'keep') nodes.push(node);
    else node.outputs.forEach((value, index) => standIns.set(value, verdict[index]!));
  }
  const outputs = Object.fromEntries(Object.entries(program.outputs).map(([name, value]) => [name, current(value)]));
  return { inputs: program.inputs, nodes, outputs };
}
