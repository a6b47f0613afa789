import type { TensorSpec } from '../tensor-spec.js';
import { infer } from './infer.js';
import type { Attributes, Primitive } from './primitive.js';
import type { Node, Program, Value } from './program.js';

/** Builds a program operation by operation. Specs of results are inferred from inputs, unless they are given. */
export interface ProgramBuilder {
  input(name: string, spec: TensorSpec): Value;
  emit<P extends Primitive>(kind: P, inputs: readonly Value[], attributes: Attributes[P], spec?: TensorSpec): Value;
  emitMany<P extends Primitive>(kind: P, inputs: readonly Value[], attributes: Attributes[P]): readonly Value[];
  finish(outputs: Readonly<Record<string, Value>>): Program;
}

/** Start a program. `scope` tells for each operation where in the model it is called. */
export function buildProgram(scope: () => string): ProgramBuilder {
  const inputs: Record<string, Value> = {};
  const nodes: Node[] = [];
  let nextId = 0;
  const define = ({ shape, dtype }: TensorSpec): Value =>
    Object.freeze({ id: nextId++, shape: Object.freeze([...shape]), dtype });

  const emitMany: ProgramBuilder['emitMany'] = (kind, operands, attributes) => {
    const outputs = infer(kind, operands, attributes).map(define);
    nodes.push(Object.freeze({ kind, inputs: operands, outputs, attributes, scope: scope() }) as unknown as Node);
    return outputs;
  };
  return {
    input(name, spec) {
      return (inputs[name] = define(spec));
    },
    emit(kind, operands, attributes, spec) {
      if (!spec) return emitMany(kind, operands, attributes)[0]!;
      const output = define(spec);
      nodes.push(
        Object.freeze({ kind, inputs: operands, outputs: [output], attributes, scope: scope() }) as unknown as Node,
      );
      return output;
    },
    emitMany,
    finish: (outputs) => ({ inputs, nodes, outputs }),
  };
}
