import type * as tf from '@tensorflow/tfjs';
import type { Attributes, Primitive } from '../../program/primitive.js';
import type { Value } from '../../program/program.js';
import type { DataType, TensorSpec } from '../../tensor-spec.js';
import { traceBackend } from '../trace-backend.js';

export type Inputs = Readonly<Record<string, tf.TensorInfo>>;
/** tfjs calls a kernel to run an operation. The kernel records it and returns the tensor that stands for its result. */
export type Kernel = (inputs: Inputs, attributes: never) => tf.TensorInfo | tf.TensorInfo[];

export function value(info: tf.TensorInfo | undefined): Value {
  return traceBackend.valueBehind(info!);
}

export function emit<P extends Primitive>(
  kind: P,
  inputs: readonly Value[],
  attributes: Attributes[P],
  spec?: TensorSpec,
): Value {
  return traceBackend.program.emit(kind, inputs, attributes, spec);
}

export function emitMany<P extends Primitive>(
  kind: P,
  inputs: readonly Value[],
  attributes: Attributes[P],
): readonly Value[] {
  return traceBackend.program.emitMany(kind, inputs, attributes);
}

export function result(of: Value): tf.TensorInfo {
  return traceBackend.infoOf(of);
}

export function scalar(number: number, dtype: DataType = 'float32'): Value {
  return emit('constant', [], { values: [number] }, { shape: [], dtype });
}

/** Cast a value to `dtype`, unless it already has that type. */
export function as(dtype: DataType, x: Value): Value {
  return x.dtype === dtype ? x : emit('cast', [x], { to: dtype });
}

/** Sorted, non-negative axes. tfjs passes one axis, several, or none for all of them; an axis may be negative. */
export function normaliseAxes(axis: number | readonly number[] | undefined, rank: number): number[] {
  const axes =
    axis === undefined || axis === null
      ? Array.from({ length: rank }, (_, at) => at)
      : typeof axis === 'number'
        ? [axis]
        : [...axis];
  return axes.map((at) => (at < 0 ? at + rank : at)).sort((a, b) => a - b);
}
