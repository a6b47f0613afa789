import type { Primitive } from '../../program/primitive.js';
import type { DataType, TensorSpec } from '../../tensor-spec.js';
import { as, emit, result, scalar, value, type Inputs, type Kernel } from './kernel.js';

type Plain = {
  [P in Primitive]: keyof import('../../program/primitive.js').Attributes[P] extends never ? P : never;
}[Primitive];

const unary =
  (kind: Plain): Kernel =>
  ({ x }: Inputs) =>
    result(emit(kind, [value(x)], {} as never));
const binary =
  (kind: Plain): Kernel =>
  ({ a, b }: Inputs) =>
    result(emit(kind, [value(a), value(b)], {} as never));

/** Elementwise kernels, fills and ranges. */
export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Neg: unary('neg'),
  Exp: unary('exp'),
  Log: unary('log'),
  Sqrt: unary('sqrt'),
  Reciprocal: unary('reciprocal'),
  Erf: unary('erf'),
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  Abs: unary('abs'),
  Relu: unary('relu'),
  LogicalNot: unary('not'),
  Rsqrt: ({ x }) => result(emit('reciprocal', [emit('sqrt', [value(x)], {})], {})),
  Square: ({ x }) => result(emit('mul', [value(x), value(x)], {})),
  Step: ({ x }, { alpha }: { alpha?: number }) => {
    if (alpha) throw new Error('internal: step with alpha is not traced');
    return result(as('float32', emit('greater', [value(x), scalar(0)], {})));
  },
  Cast: ({ x }, { dtype }: { dtype: DataType }) => result(as(dtype, value(x))),
  Add: binary('add'),
  Sub: binary('sub'),
  Multiply: binary('mul'),
  RealDiv: binary('div'),
  Pow: binary('pow'),
  Maximum: binary('maximum'),
  Minimum: binary('minimum'),
  Greater: binary('greater'),
  GreaterEqual: binary('greaterEqual'),
  Less: binary('less'),
  LessEqual: binary('lessEqual'),
  Equal: binary('equal'),
  LogicalAnd: binary('and'),
  LogicalOr: binary('or'),
  SquaredDifference: ({ a, b }) => {
    const difference = emit('sub', [value(a), value(b)], {});
    return result(emit('mul', [difference, difference], {}));
  },
  AddN: (inputs) =>
    result(
      Object.values(inputs)
        .map(value)
        .reduce((total, x) => emit('add', [total, x], {})),
    ),
  Select: ({ condition, t, e }) => result(emit('where', [value(condition), value(t), value(e)], {})),
  Fill: (_, { shape, value: number, dtype }: { shape: number[]; value: number; dtype?: DataType }) =>
    result(filled(number, { shape, dtype: dtype ?? 'float32' })),
  ZerosLike: ({ x }) => result(filled(0, value(x))),
  OnesLike: ({ x }) => result(filled(1, value(x))),
  Range: (_, { start, stop, step, dtype }: { start: number; stop: number; step: number; dtype?: DataType }) => {
    const extent = Math.max(0, Math.ceil((stop - start) / step));
    const positions = as(dtype ?? 'float32', emit('iota', [], {}, { shape: [extent], dtype: 'int32' }));
    const scaled = step === 1 ? positions : emit('mul', [positions, scalar(step, positions.dtype)], {});
    return result(start === 0 ? scaled : emit('add', [scaled, scalar(start, positions.dtype)], {}));
  },
};

function filled(number: number, { shape, dtype }: TensorSpec) {
  return emit('fill', [], { value: number }, { shape, dtype });
}
