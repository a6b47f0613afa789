import { serveThread } from '#threads/thread-server.js';
import { atOnce } from '#threads/turns.js';
import type { FunctionSource, TensorFunction } from '../device.js';
import { prepareFor } from './prepare.js';
import { preparing, preparingStaged } from './prepared-program.js';
import type { TracingCall, TracingResults } from './tracing-message.js';

/*
 * The thread that traces functions. A function runs once while it is traced, gradients and all, and cannot pause: for a
 * large tower that is a quarter of a second in which nothing else would have its turn.
 */

serveThread(async (call: TracingCall): Promise<TracingResults<unknown>[TracingCall['kind']]> => {
  const { source, inputs, precision } = call;
  const traced = { fn: await functionOf(source), inputs, precision };
  const prepare = prepareFor(call.device);
  return call.kind === 'whole'
    ? atOnce(preparing(prepare, traced))
    : atOnce(preparingStaged(prepare, traced, call.lateInputs));
});

async function functionOf({ module, name, arguments: given }: FunctionSource): Promise<TensorFunction> {
  const found = (await import(module)) as Readonly<Record<string, (...given: readonly unknown[]) => TensorFunction>>;
  return found[name]!(...given);
}
