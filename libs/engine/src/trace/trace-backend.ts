import * as tf from '@tensorflow/tfjs';
import { sizeOf, tfjsType, type DataType, type TensorSpec } from '../tensor-spec.js';
import type { ProgramBuilder } from '../program/program-builder.js';
import type { Value } from '../program/program.js';
import { unsupported } from './unsupported.js';

/** The name must not contain `_`: tfjs finds a backend's kernels by splitting their registry keys there. */
export const traceBackendName = 'onnx-trace';

/**
 * The most values a literal may have. Larger ones, such as masks or tables of positions, must be computed by
 * operations: as literals they would make programs megabytes large.
 */
const constantValuesMax = 1024;

/**
 * A tfjs backend whose tensors hold no numbers: each stands for a value of the program under construction. Tracing
 * touches tfjs's internals only here, in the kernels, in scope.ts and in trace.ts.
 */
class TraceBackend extends tf.KernelBackend {
  private readonly values = new WeakMap<object, Value>();
  private builder: ProgramBuilder | undefined;

  begin(builder: ProgramBuilder): void {
    this.builder = builder;
  }

  end(): void {
    this.builder = undefined;
  }

  get program(): ProgramBuilder {
    if (!this.builder) throw new Error('internal: a kernel was traced outside of trace()');
    return this.builder;
  }

  valueBehind(tensor: { readonly dataId: object; readonly shape: readonly number[] }): Value {
    const value = this.values.get(tensor.dataId);
    if (!value) {
      throw unsupported(
        'A traced function uses a tensor made outside of it. Pass it in as an input, or make it inside the function.',
      );
    }
    return value;
  }

  /** The tfjs tensor info that stands for a value. */
  infoOf(value: Value): tf.TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: tfjsType(value.dtype) };
  }

  tensorOf(value: Value): tf.Tensor {
    const info = this.infoOf(value);
    return tf.engine().makeTensorFromTensorInfo(info);
  }

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const spec: TensorSpec = { shape, dtype: dtype as DataType };
    if (sizeOf(shape) > constantValuesMax) {
      throw unsupported(
        `A literal of ${sizeOf(shape)} values was written inside a traced function; at most ` +
          `${constantValuesMax} are allowed. ` +
          'Build it from tf.range, comparisons and tf.fill, or pass it in as an input.',
      );
    }
    return this.infoOf(this.program.emit('constant', [], { values: Array.from(values as Float32Array, Number) }, spec))
      .dataId;
  }

  override move(dataId: object, values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): void {
    this.values.set(dataId, this.valueBehind({ dataId: this.write(values, shape, dtype), shape }));
  }

  override readSync(): never {
    throw unsupported(
      'A traced function reads the numbers of a tensor. They are not known before the program runs: ' +
        'use tensor operations.',
    );
  }
  override read(): never {
    return this.readSync();
  }
  override disposeData(): boolean {
    return true;
  }
  override numDataIds(): number {
    return 0;
  }
  override refCount(): number {
    return 1;
  }
  override incRef(): void {}
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override timerAvailable(): boolean {
    return false;
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override dispose(): void {}
}

export const traceBackend = new TraceBackend();
