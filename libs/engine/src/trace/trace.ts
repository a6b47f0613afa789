import * as tf from '@tensorflow/tfjs';
import { atOnce, type Pausable } from '#threads/turns.js';
import type { Specs, TensorFunction } from '../device.js';
import { buildProgram } from '../program/program-builder.js';
import { optimising } from '../program/optimise.js';
import type { Program } from '../program/program.js';
import { registerKernels } from './kernels/register.js';
import { traceBackend, traceBackendName } from './trace-backend.js';
import { currentScope, followGradients } from './scope.js';

/**
 * Trace a function into an optimised program that computes the same for inputs of these shapes. The function runs once,
 * on tensors without numbers, and every operation is recorded. Gradients are recorded too, since tfjs computes them
 * with operations. Throws UNSUPPORTED_OP for an operation that the engine does not know; the error names the operation,
 * its shapes and where it was called.
 */
export function trace(fn: TensorFunction, inputs: Specs): Program {
  return atOnce(tracing(fn, inputs));
}

/** The same with pauses: a large tower and its gradients take a quarter of a second. */
export function* tracing(fn: TensorFunction, inputs: Specs): Pausable<Program> {
  return yield* optimising(record(fn, inputs));
}

/** Trace a function without any rewrite of the recorded program. */
export function record(fn: TensorFunction, inputs: Specs): Program {
  registerTraceBackend();
  const previous = tf.getBackend();
  const builder = buildProgram(currentScope);
  const unfollow = followGradients();
  traceBackend.begin(builder);
  void tf.setBackend(traceBackendName); // resolves at once: the backend is made synchronously
  tf.engine().startScope();
  try {
    const tensors = Object.fromEntries(
      Object.entries(inputs).map(([name, spec]) => [name, traceBackend.tensorOf(builder.input(name, spec))]),
    );
    const outputs = fn(tensors);
    return builder.finish(
      Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, traceBackend.valueBehind(tensor)])),
    );
  } finally {
    tf.engine().endScope();
    unfollow();
    traceBackend.end();
    if (previous) void tf.setBackend(previous);
  }
}

let registered = false;

function registerTraceBackend(): void {
  if (registered) return;
  registered = true;
  tf.registerBackend(traceBackendName, () => traceBackend, 0);
  registerKernels();
}
