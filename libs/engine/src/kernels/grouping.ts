import type { Primitive } from '../program/primitive.js';
import { users, type Node, type Program, type Value } from '../program/program.js';
import { isElementwise } from './elementwise.js';

/** Operations that only say where an element comes from. */
const movements: ReadonlySet<Primitive> = new Set([
  'reshape',
  'transpose',
  'slice',
  'split',
  'tile',
  'pad',
  'concat',
  'gather',
]);
/** Operations that read an element of their operands more than once. */
const rereading: ReadonlySet<Primitive> = new Set([
  'softmax',
  'layerNorm',
  'matMul',
  'conv',
  'convInputGradient',
  'convFilterGradient',
  'segmentSum',
]);
/** Work that is repeated rather than kept: an operation or two. */
const cheapMax = 2;
/** Operations of one expression; a kernel of many more would have many parameters, and long compilation. */
const expressionMax = 32;

export interface Grouping {
  /** Values that some kernel writes to memory. All others are computed where they are read. */
  readonly kept: ReadonlySet<Value>;
}

/**
 * Decides which values are written to memory: results of matmuls, convolutions and reductions; outputs; and what would
 * be computed several times for its users. A chain of elementwise operations and movements between these becomes part
 * of the kernels that read it.
 */
export function groupNodes(program: Program): Grouping {
  const usersOf = users(program);
  const outputs = new Set(Object.values(program.outputs));
  const kept = new Set<Value>();
  /** Operations that an expression of the value takes, beyond what is in memory. */
  const costs = new Map<Value, number>(Object.values(program.inputs).map((value) => [value, 0]));
  for (const node of program.nodes) {
    const operands = node.inputs.reduce((sum, value) => sum + (kept.has(value) ? 0 : costs.get(value)!), 0);
    const own = isElementwise(node.kind) ? 1 : 0;
    for (const value of node.outputs) {
      const readers = usersOf.get(value) ?? [];
      const cost = operands + own;
      const isKept =
        !isExpression(node) ||
        outputs.has(value) ||
        cost > expressionMax ||
        (cost > 0 && readers.some(({ kind }) => rereading.has(kind) || kind === 'tile' || kind === 'gather')) ||
        (cost > cheapMax && readers.length > 1);
      if (isKept && !isLiteral(node)) kept.add(value);
      costs.set(value, isKept ? 0 : cost);
    }
  }
  for (const value of outputs) if (!Object.values(program.inputs).includes(value)) kept.add(value);
  return { kept };
}

/** Can the node be written as an expression of a place in its result? */
function isExpression(node: Node): boolean {
  return isElementwise(node.kind) || movements.has(node.kind) || isLiteral(node);
}

/** Made out of nothing: never read from memory. */
export function isLiteral(node: Node): boolean {
  return (
    node.kind === 'fill' || node.kind === 'iota' || (node.kind === 'constant' && node.attributes.values.length === 1)
  );
}
