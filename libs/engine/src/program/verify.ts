import { printSpec } from '../tensor-spec.js';
import { infer } from './infer.js';
import type { Primitive } from './primitive.js';
import type { Node, Program, Value } from './program.js';

const outOfNothing: ReadonlySet<Primitive> = new Set(['constant', 'fill', 'iota']);

/**
 * Check that a program is well formed, and return it. Each value must be defined once, before it is used, and have the
 * spec that its operation gives it. Otherwise an internal error names the node and its scope. Run this after each
 * rewrite.
 */
export function verify(program: Program): Program {
  const defined = new Set<Value>(Object.values(program.inputs));
  for (const node of program.nodes) {
    for (const value of node.inputs)
      if (!defined.has(value)) fail(node, `uses a value before it is defined: ${printSpec(value)}`);
    if (!outOfNothing.has(node.kind)) checkSpecs(node);
    for (const value of node.outputs) {
      if (defined.has(value)) fail(node, 'defines a value a second time');
      defined.add(value);
    }
  }
  for (const [name, value] of Object.entries(program.outputs)) {
    if (!defined.has(value)) throw new Error(`internal: output '${name}' is not defined`);
  }
  return program;
}

function checkSpecs(node: Node): void {
  const expected = infer(node.kind, node.inputs, node.attributes as never)
    .map(printSpec)
    .join(', ');
  const got = node.outputs.map(printSpec).join(', ');
  if (expected !== got) fail(node, `expected ${expected}, got ${got}`);
}

function fail(node: Node, what: string): never {
  throw new Error(`internal: ${node.kind} at ${node.scope || 'top level'} ${what}`);
}
