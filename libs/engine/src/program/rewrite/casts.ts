import type { DataType, TensorSpec } from '../../tensor-spec.js';
import type { Primitive } from '../primitive.js';
import { freshValues, producers, users, type Node, type NodeOf, type Program, type Value } from '../program.js';
import { mergeCommonSubexpressions } from './common-subexpressions.js';
import { removeDeadCode } from './dead-code.js';
import { replaceValues } from './replace.js';

/** Operations that move values without changing them, and whose results have as many values as their operands. */
const movements: ReadonlySet<Primitive> = new Set(['reshape', 'transpose', 'concat', 'split']);

/**
 * Remove casts that undo one another: values that are widened to float32 only to be narrowed again. Movements between
 * two such casts move the narrow values, which are half the bytes. Rounding before or after a movement gives the same
 * bits.
 */
export function cancelCasts(program: Program): Program {
  const tidied = removeDeadCode(mergeCommonSubexpressions(dropRoundTrips(program)));
  const moved = moveNarrow(tidied);
  return moved === tidied ? tidied : cancelCasts(moved);
}

/** Make a node run in `dtype`: cast its operands to it, and its results back. */
export function inType(dtype: DataType, node: Node, fresh: (spec: TensorSpec) => Value): Node[] {
  const alike = ({ shape }: Value): Value => fresh({ shape, dtype });
  const cast = (from: Value, to: Value): Node => ({
    kind: 'cast',
    inputs: [from],
    outputs: [to],
    attributes: { to: to.dtype },
    scope: node.scope,
  });
  const [inputs, outputs] = [node.inputs.map(alike), node.outputs.map(alike)];
  return [
    ...inputs.map((to, at) => cast(node.inputs[at]!, to)),
    { ...node, inputs, outputs },
    ...outputs.map((from, at) => cast(from, node.outputs[at]!)),
  ];
}

/** Replace narrow(widen(x)) by x, which has the same bits since widening is exact. */
function dropRoundTrips(program: Program): Program {
  const definedBy = producers(program);
  return replaceValues(program, (node) => {
    const inner = isNarrowing(node) && definedBy.get(node.inputs[0]!);
    return inner && isWidening(inner) && inner.inputs[0]!.dtype === node.outputs[0]!.dtype
      ? [inner.inputs[0]!]
      : 'keep';
  });
}

/**
 * Make float32 movements move narrow values where either all uses of their results are casts to one narrow type, or all
 * their operands were widened from one narrow type for this movement alone. Returns the same program object if there
 * are none.
 */
function moveNarrow(program: Program): Program {
  const [definedBy, usedBy] = [producers(program), users(program)];
  const results = new Set(Object.values(program.outputs));
  const fresh = freshValues(program);
  const narrowType = (node: Node): DataType | undefined => {
    if (!movements.has(node.kind) || node.outputs.some((value) => results.has(value))) return undefined;
    const after = node.outputs.flatMap((value) => usedBy.get(value) ?? []);
    if (after.every(isNarrowing)) return onlyOne(after.map((cast) => cast.attributes.to));
    const before = node.inputs.flatMap((value) =>
      usedBy.get(value)!.length === 1 ? (definedBy.get(value) ?? []) : [],
    );
    return before.length === node.inputs.length && before.every(isWidening)
      ? onlyOne(before.map((cast) => cast.inputs[0]!.dtype))
      : undefined;
  };
  const nodes = program.nodes.flatMap((node) => {
    const dtype = narrowType(node);
    return dtype ? inType(dtype, node, fresh) : [node];
  });
  return nodes.length === program.nodes.length ? program : { ...program, nodes };
}

function onlyOne<T>(values: readonly T[]): T | undefined {
  const [first, ...others] = new Set(values);
  return others.length === 0 ? first : undefined;
}

function isNarrowing(node: Node): node is NodeOf<'cast'> {
  return node.kind === 'cast' && node.inputs[0]!.dtype === 'float32' && isNarrow(node.attributes.to);
}

function isWidening(node: Node): node is NodeOf<'cast'> {
  return node.kind === 'cast' && node.attributes.to === 'float32' && isNarrow(node.inputs[0]!.dtype);
}

function isNarrow(dtype: DataType): boolean {
  return dtype === 'float16' || dtype === 'bfloat16';
}
