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
 * Run a function once on tensors without numbers and record what it does: every operation of it, and of its gradients,
 * which tfjs makes of operations as well. The program computes what the function computes, for these shapes.
 * Throws UNSUPPORTED_OP for an operation the engine does not know, naming it, its shapes and where it was called.
 */
export function trace(fn: TensorFunction, inputs: Specs): Program {
  return atOnce(tracing(fn, inputs));
}

/** The same with pauses: a large tower and its gradients take a quarter of a second. */
export function* tracing(fn: TensorFunction, inputs: Specs): Pausable<Program> {
  return yield* optimising(record(fn, inputs));
}

/** The program as recorded, before any rewrite. */
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
