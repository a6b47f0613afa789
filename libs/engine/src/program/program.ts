import type { TensorSpec } from '../tensor-spec.js';
import type { Attributes, Primitive } from './primitive.js';

/** A tensor in a program: a result of a node, or an input. Values are compared as objects, not by id. */
export interface Value extends TensorSpec {
  readonly id: number;
}

export interface NodeOf<P extends Primitive> {
  readonly kind: P;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes[P];
  /** Where in the model the operation was called: the names of the tidy scopes around it. */
  readonly scope: string;
}

/** A node, as a union over `kind`: a switch on it sees each operation with its own attributes. */
export type Node = { [P in Primitive]: NodeOf<P> }[Primitive];

/** A list of operations without branches. Each value is defined once, before it is used. */
export interface Program {
  readonly inputs: Readonly<Record<string, Value>>;
  readonly nodes: readonly Node[];
  readonly outputs: Readonly<Record<string, Value>>;
}

/** The node that defines each value; inputs have none. */
export function producers(program: Program): Map<Value, Node> {
  return new Map(program.nodes.flatMap((node) => node.outputs.map((value) => [value, node])));
}

/** Names of the inputs that some node or output uses, in the program's order. */
export function usedInputs(program: Program): string[] {
  const used = new Set<Value>([...program.nodes.flatMap((node) => node.inputs), ...Object.values(program.outputs)]);
  return Object.keys(program.inputs).filter((name) => used.has(program.inputs[name]!));
}

/** The nodes that use each value, each listed once. Values that no node uses are left out. */
export function users(program: Program): Map<Value, Node[]> {
  const found = new Map<Value, Node[]>();
  for (const node of program.nodes)
    for (const value of new Set(node.inputs)) found.set(value, [...(found.get(value) ?? []), node]);
  return found;
}

/** A function that makes new values for a program, with ids that it does not use yet. */
export function freshValues(program: Program): (spec: TensorSpec) => Value {
  const values = [...Object.values(program.inputs), ...program.nodes.flatMap((node) => node.outputs)];
  let nextId = values.reduce((next, { id }) => Math.max(next, id + 1), 0);
  return ({ shape, dtype }) => ({ id: nextId++, shape, dtype });
}
