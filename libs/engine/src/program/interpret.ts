import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { interpretations } from './interpretations.js';
import type { Node, Program, Value } from './program.js';

/** Takes all inputs of a program by name and returns its outputs by name. */
export type InterpretedProgram = (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;

/**
 * Turn a program into a function that runs it node by node with tfjs's operations, on the backend that tfjs is set to
 * at the call. Each result is disposed after its last use. The caller owns the inputs and the outputs. Each output is a
 * separate tensor, even where two outputs, or an input and an output, are the same value.
 */
export function interpret(program: Program): InterpretedProgram {
  const steps = program.nodes.map((node) => ({ node, run: interpretations[node.kind] }));
  const released = lastUses(program);
  return (inputs) => {
    const tensors = new Map<Value, Tensor>(
      Object.entries(program.inputs).map(([name, value]) => [value, inputs[name]!]),
    );
    steps.forEach(({ node, run }, at) => {
      const results = tf.tidy(() =>
        [
          run(
            node.inputs.map((value) => tensors.get(value)!),
            node as never,
          ),
        ].flat(),
      );
      node.outputs.forEach((value, index) => tensors.set(value, results[index]!));
      for (const value of released[at]!) {
        tensors.get(value)!.dispose();
        tensors.delete(value);
      }
    });
    const outputs = Object.fromEntries(
      Object.entries(program.outputs).map(([name, value]) => [name, tf.clone(tensors.get(value)!)]),
    );
    for (const value of Object.values(program.inputs)) tensors.delete(value);
    tf.dispose([...tensors.values()]);
    return outputs;
  };
}

/** For each node, its results and operands that no later node or output uses, except inputs of the program. */
function lastUses({ nodes, inputs, outputs }: Program): Value[][] {
  const needed = new Set<Value>([...Object.values(inputs), ...Object.values(outputs)]);
  const ends = (node: Node): Value[] => {
    const ending = new Set([...node.outputs, ...node.inputs].filter((value) => !needed.has(value)));
    ending.forEach((value) => needed.add(value));
    return [...ending];
  };
  return nodes.toReversed().map(ends).reverse();
}
