import * as tf from '@tensorflow/tfjs';
import { ErrorCode, TandemError } from '#protocol/tandem-error.js';
import type { Executable, TensorFunction } from '../device.js';
import type { Program } from '../program/program.js';
import { lowerPrecision } from '../program/rewrite/precision.js';
import { float32, type Precision } from '../tensor-spec.js';
import { trace } from '../trace/trace.js';

interface CheckedDevice {
  readonly name: string;
  readonly lacks: Readonly<Partial<Record<Precision, string>>>;
}

/**
 * Returns a function that throws UNSUPPORTED_OP, with the reason, for a precision that the device does not compute in.
 * The GPU at hand may lack a precision that its kind of device has in general. So the function also runs a small
 * program there, once for each precision.
 */
export function precisionCheck(
  { name, lacks }: CheckedDevice,
  load: (program: Program) => Promise<Executable>,
): (precision: Precision) => Promise<void> {
  const tried = new Map<Precision, Promise<string | undefined>>();
  return async (precision) => {
    if (precision === 'float32') return;
    const reason =
      lacks[precision] ??
      (await (tried.get(precision) ?? tried.set(precision, failureOf(precision, load)).get(precision)));
    if (reason === undefined) return;
    throw new TandemError({
      code: ErrorCode.UnsupportedOp,
      message: `expected a device that multiplies matrices in ${precision}, got ${name}: ${reason}`,
      help:
        'Set precision to float32 in the run document, or run workers on webgpu (float16) or on cuda with the ' +
        'provider that `npm run enable:cuda` installs (float16, bfloat16).',
    });
  };
}

/** Contains matmuls, and every operation that runs on narrow values between matmuls. */
const trial: TensorFunction = ({ x }) => {
  const [left, right] = tf.split(tf.transpose(tf.reshape(tf.matMul(x!, x!), [4, 2, 2]), [1, 0, 2]), 2, 0) as [
    tf.Tensor,
    tf.Tensor,
  ];
  return { y: tf.matMul(tf.reshape(tf.concat([right, left], 0), [4, 4]), x!, true, false) };
};

async function failureOf(
  precision: Precision,
  load: (program: Program) => Promise<Executable>,
): Promise<string | undefined> {
  const spec = { dtype: 'float32', shape: [4, 4] } as const;
  try {
    const executable = await load(lowerPrecision(trace(trial, { x: spec }), precision));
    await executable.run({ x: float32(new Float32Array(16).fill(1), spec.shape) });
    await executable.dispose();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
