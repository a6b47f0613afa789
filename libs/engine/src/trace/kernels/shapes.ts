import * as tf from '@tensorflow/tfjs';
import { sizeOf } from '../../tensor-spec.js';
import { emit, emitMany, normaliseAxes, result, value, type Kernel } from './kernel.js';

/** Kernels that move values without changing them. */
export const shapeKernels: Readonly<Record<string, Kernel>> = {
  Identity: ({ x }) => result(value(x)),
  Reshape: ({ x }, { shape }: { shape: number[] }) => {
    const known = shape.filter((extent) => extent >= 0).reduce((product, extent) => product * extent, 1);
    const full = shape.map((extent) => (extent < 0 ? sizeOf(value(x).shape) / known : extent));
    return result(emit('reshape', [value(x)], { shape: full }));
  },
  ExpandDims: ({ input }, { dim }: { dim: number }) => {
    const shape = [...value(input).shape];
    shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1);
    return result(emit('reshape', [value(input)], { shape }));
  },
  Transpose: ({ x }, { perm }: { perm: number[] }) => result(emit('transpose', [value(x)], { perm: [...perm] })),
  Concat: (inputs, { axis }: { axis: number }) => {
    const parts = Object.values(inputs).map(value);
    return result(emit('concat', parts, { axis: normaliseAxes(axis, parts[0]!.shape.length)[0]! }));
  },
  SplitV: ({ x }, { numOrSizeSplits, axis }: { numOrSizeSplits: number | number[]; axis: number }) => {
    const operand = value(x);
    const at = normaliseAxes(axis, operand.shape.length)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x!, numOrSizeSplits, at);
    return emitMany('split', [operand], { axis: at, sizes }).map(result);
  },
  Slice: ({ x }, { begin, size }: { begin: number | number[]; size: number | number[] }) => {
    const [from, extents] = tf.slice_util.parseSliceParams(x!, begin, size);
    return result(emit('slice', [value(x)], { begin: from!, size: extents! }));
  },
  PadV2: ({ x }, { paddings, constantValue }: { paddings: [number, number][]; constantValue: number }) =>
    result(
      emit('pad', [value(x)], {
        before: paddings.map(([before]) => before),
        after: paddings.map(([, after]) => after),
        value: constantValue,
      }),
    ),
  Tile: ({ x }, { reps }: { reps: number[] }) => result(emit('tile', [value(x)], { repeats: [...reps] })),
};
