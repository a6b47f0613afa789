import type { Attributes, Primitive } from '../program/primitive.js';
import type { NodeOf } from '../program/program.js';
import { typeName } from './dialect.js';

/** Operations of which each element of the result depends on one element of each operand. */
export type Elementwise =
  | UnaryPrimitive
  | 'cast'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'greater'
  | 'greaterEqual'
  | 'less'
  | 'lessEqual'
  | 'equal'
  | 'and'
  | 'or'
  | 'where';
type UnaryPrimitive =
  'neg' | 'exp' | 'log' | 'sqrt' | 'reciprocal' | 'erf' | 'sigmoid' | 'tanh' | 'abs' | 'relu' | 'not' | 'gelu';

type Written = (operands: readonly string[], node: NodeOf<Primitive>) => string;

const infix =
  (operator: string): Written =>
  ([a, b]) =>
    `${a} ${operator} ${b}`;
const call =
  (name: string): Written =>
  ([x]) =>
    `${name}(${x})`;
const isInteger = ({ inputs }: NodeOf<Primitive>): boolean => inputs[0]!.dtype !== 'float32';

/** Each operation as an expression of its operands, which are names or literals. NaN operands give NaN. */
export const elementwise: Readonly<Record<Elementwise, Written>> = {
  neg: ([x]) => `-${x}`,
  exp: call('exp'),
  log: call('log'),
  sqrt: call('sqrt'),
  reciprocal: ([x]) => `1.0f / ${x}`,
  erf: call('erf'),
  sigmoid: ([x]) => `1.0f / (1.0f + exp(-${x}))`,
  tanh: call('tanh'),
  abs: (operands, node) => call(isInteger(node) ? 'abs' : 'fabs')(operands, node),
  relu: ([x], node) => `${x} < 0 ? ${isInteger(node) ? '0' : '0.0f'} : ${x}`,
  not: ([x]) => `!${x}`,
  gelu: ([x]) => `0.5f * ${x} * (1.0f + erf(0.70710677f * ${x}))`,
  cast: ([x], node) => {
    const { to } = node.attributes as Attributes['cast'];
    return to === 'bool' ? `${x} != 0` : `(${typeName(to)})${x}`;
  },
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  // Integers are divided as tfjs does: rounded down.
  div: ([a, b], node) =>
    isInteger(node) ? `${a} / ${b} - (${a} % ${b} != 0 && (${a} < 0) != (${b} < 0))` : `${a} / ${b}`,
  pow: ([a, b]) => `pow(${a}, ${b})`,
  maximum: ([a, b]) => `${a} > ${b} || ${a} != ${a} ? ${a} : ${b}`,
  minimum: ([a, b]) => `${a} < ${b} || ${a} != ${a} ? ${a} : ${b}`,
  greater: infix('>'),
  greaterEqual: infix('>='),
  less: infix('<'),
  lessEqual: infix('<='),
  equal: infix('=='),
  and: infix('&&'),
  or: infix('||'),
  where: ([condition, a, b]) => `${condition} ? ${a} : ${b}`,
};

export function isElementwise(kind: Primitive): kind is Elementwise {
  return kind in elementwise;
}
