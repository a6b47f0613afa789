import { as, emit, normaliseAxes, result, value, type Inputs, type Kernel } from './kernel.js';

/** tfjs calls the axes `reductionIndices` in Max and `axis` in the other reductions. */
interface Reduction {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

const reduce =
  (kind: 'sum' | 'mean' | 'max' | 'min'): Kernel =>
  ({ x }: Inputs, { axis, reductionIndices, keepDims }: Reduction) => {
    const operand = value(x).dtype === 'bool' ? as('int32', value(x)) : value(x);
    return result(
      emit(kind, [operand], {
        axes: normaliseAxes(axis ?? reductionIndices, operand.shape.length),
        keepDims: keepDims ?? false,
      }),
    );
  };

/** Kernels that work along axes: reductions, argmax and softmax. */
export const reductionKernels: Readonly<Record<string, Kernel>> = {
  Sum: reduce('sum'),
  Mean: reduce('mean'),
  Max: reduce('max'),
  Min: reduce('min'),
  ArgMax: ({ x }, { axis }: { axis: number }) =>
    result(emit('argMax', [value(x)], { axis: normaliseAxes(axis, value(x).shape.length)[0]! })),
  Softmax: ({ logits }, { dim }: { dim: number }) =>
    result(emit('softmax', [value(logits)], { axis: normaliseAxes(dim, value(logits).shape.length)[0]! })),
};
