import type { TensorSpec } from '../tensor-spec.js';
import { infer } from './infer.js';
import type { Attributes, Primitive } from './primitive.js';
import type { Node, Program, Value } from './program.js';

/** Appends operations one after another; the specs of their results follow from their inputs. */
export interface ProgramBuilder {
  input(name: string, spec: TensorSpec): Value;
  emit<P extends Primitive>(kind: P, inputs: readonly Value[], attributes: Attributes[P], spec?: TensorSpec): Value;
  emitMany<P extends Primitive>(kind: P, inputs: readonly Value[], attributes: Attributes[P]): readonly Value[];
  finish(outputs: Readonly<Record<string, Value>>): Program;
}

/** `scope` names the place in the model that is calling now. */
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
